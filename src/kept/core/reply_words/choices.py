"""How people choose from a numbered list, as data: one row for each number, in every language that we send."""

from typing import Final

CHOICES: Final[tuple[str, ...]] = (
    (
        "1, one, the/- first/1st one/visit/appointment/-, uno, una, el/la/- primero/primera/1ro/1ra/1o/1a/1er/primer "
        "cita/-, un, une, le/la/- premier/première/1er/1re/1ère rendez-vous/-, eins, der/die/das/den/- "
        "erste/ersten/erster/erstes termin/-, jeden, jedynka, ten/ta/tę/to/- "
        "pierwszy/pierwsza/pierwszą/pierwsze wizyta/-"
    ),
    (
        "2, two, the/- second/2nd one/visit/appointment/-, dos, el/la/- segundo/segunda/2do/2da/2o/2a cita/-, deux, "
        "le/la/- deuxième/second/seconde/2e/2ème rendez-vous/-, zwei, der/die/das/den/- zweite/zweiten/zweiter/zweites "
        "termin/-, dwa, dwójka, ten/ta/tę/to/- drugi/druga/drugą/drugie wizyta/-"
    ),
    (
        "3, three, the/- third/3rd one/visit/appointment/-, tres, el/la/- tercero/tercera/tercer/3ro/3ra/3o/3a "
        "cita/-, trois, le/la/- troisième/3e/3ème rendez-vous/-, drei, der/die/das/den/- "
        "dritte/dritten/dritter/drittes termin/-, trzy, trójka, ten/ta/tę/to/- trzeci/trzecia/trzecią/trzecie wizyta/-"
    ),
    (
        "4, four, the/- fourth/4th one/visit/appointment/-, cuatro, el/la/- cuarto/cuarta/4to/4ta/4o/4a cita/-, "
        "quatre, le/la/- quatrième/4e/4ème rendez-vous/-, vier, der/die/das/den/- "
        "vierte/vierten/vierter/viertes termin/-, cztery, czwórka, "
        "ten/ta/tę/to/- czwarty/czwarta/czwartą/czwarte wizyta/-"
    ),
)
"""Phrases for the first, second, third and fourth; the notation is that of the other words of replies."""

EVERY_ONE: Final = (
    "both, both/all of them, both/all visits/appointments, ambas/ambos/todas/todos, las/los dos, todas las citas, "
    "les deux, tous, toutes, tous les deux/rendez-vous, beide/beiden/alle, beide termine, oba/obie/obydwa/obydwie/"
    "wszystkie, obie wizyty"
)
"""Phrases for all that is on the list."""

BETWEEN_NUMBERS: Final = "and, y, e, et, und, i, oraz, plus"
"""Words between two choices."""

BEFORE_A_NUMBER: Final = (
    "option/number/choice/visit/appointment, the, opción/número/cita, la/el, numéro/choix/rendez-vous, le, "
    "nummer/nr/termin, numer/opcja/wizyta"
)
"""What may stand in front of a digit: ``option 2``."""
