"""
The pages: plain HTML made by the server, with one stylesheet and no script.

A page reads through queries, a form changes through the steps of flow. Every time is rendered here, in the zone of the
place; the browser is never asked what time it is.

Nothing is imported here, because the pages behind links borrow words and style and need none of the desk's.
"""
