"""French messages. For SMS they keep to words without ê, ô, î, û, ç and œ, which GSM-7 lacks; é, è, à, ù are in it."""

from typing import Final

from kept.core.texts.shape import (
    BOOKED,
    CANCELLED,
    HELP,
    MISSED,
    MOVED,
    NOTICE,
    REMINDER,
    REMINDER_ASKING,
    REMINDER_SEVERAL,
    UNCLEAR,
    WHICH_VISIT,
    AskingWords,
    LanguageWords,
    MessageText,
    MessageWords,
)

_VISIT: Final = "Heure : {time}{zone}\nLieu : {place}\nTéléphone : {phone}\nConfirmer ou changer : {link}"
_NO_ANSWER: Final = "Merci de ne pas répondre à cet e-mail : il pourrait ne pas être lu à temps."
_NO_MORE: Final = "Si vous ne souhaitez plus recevoir ces e-mails, dites-le-nous par téléphone ou lors de votre visite."

FRENCH: Final = MessageWords(
    language="fr",
    dates=LanguageWords(today="aujourd'hui ({0})", tomorrow="demain ({0})", on="le {0}", zone="heure : {0}"),
    asking=AskingWords(
        verbs=(
            "répondez",
            "repondez",
            "répondre",
            "repondre",
            "envoyez",
            "envoyer",
            "renvoyez",
            "écrivez",
            "ecrivez",
            "tapez",
            "textez",
        ),
        small=("par", "avec", "nous"),
        either=("ou",),
        purpose=("pour",),
        cancelling=("annuler", "confirmer", "changer", "déplacer", "deplacer", "reporter", "modifier"),
    ),
    sms={
        REMINDER: MessageText(
            text="{practice} : rendez-vous {day} à {time}{zone}, {place}. Tél : {phone}. Désinscription : STOP."
        ),
        REMINDER_ASKING: MessageText(
            text=(
                "{practice} : RDV {day} à {time}{zone}, {place}. Tél : {phone}. "
                "Envoyez C (confirmer) ou R (changer). Fin des SMS : STOP."
            )
        ),
        REMINDER_SEVERAL: MessageText(
            text="{practice} : rendez-vous {visits}. Tél : {phone}. Désinscription : STOP.",
        ),
        BOOKED: MessageText(
            text=(
                "{practice} : rendez-vous pris pour {day} à {time}{zone}, {place}. Tél : {phone}. "
                "Désinscription : STOP."
            )
        ),
        MOVED: MessageText(
            text=(
                "{practice} : rendez-vous déplacé, nouvelle date : {day} à {time}{zone}, {place}. Tél : {phone}. "
                "Désinscription : STOP."
            )
        ),
        CANCELLED: MessageText(
            text=(
                "{practice} : rendez-vous annulé : {day} à {time}{zone}. Nouveau rendez-vous : {phone}. "
                "Désinscription : STOP."
            )
        ),
        MISSED: MessageText(
            text=(
                "{practice} : vous n'avez pas pu venir {day} à {time}{zone}. Nouveau rendez-vous : {phone}. "
                "Désinscription : STOP."
            )
        ),
        NOTICE: MessageText(text="{practice} : {words}. Tél : {phone}. Désinscription : STOP."),
        HELP: MessageText(text="{practice} : messages sur vos rendez-vous. Tél : {phone}. Désinscription : STOP."),
        UNCLEAR: MessageText(
            text=("{practice} : désolés, nous n'avons pas compris votre message. Nous vous appellerons. Tél : {phone}.")
        ),
        WHICH_VISIT: MessageText(text="{practice} : quel rendez-vous ? {options}. Envoyez le chiffre. Tél : {phone}."),
    },
    email={
        REMINDER: MessageText(
            subject="{practice} : rappel de rendez-vous",
            text=(
                "Nous vous rappelons votre rendez-vous avec {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Si vous ne pouvez pas venir, merci de nous appeler. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_ASKING: MessageText(
            subject="{practice} : viendrez-vous à votre rendez-vous ?",
            text=(
                "Vous avez rendez-vous avec {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Merci de nous dire si vous viendrez. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_SEVERAL: MessageText(
            subject="{practice} : rappel de rendez-vous",
            text=(
                "Nous vous rappelons vos rendez-vous avec {practice}.\n\n{visits}\n\nTéléphone : {phone}\n\n"
                f"Si vous ne pouvez pas venir, merci de nous appeler. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        BOOKED: MessageText(
            subject="{practice} : votre rendez-vous",
            text=(
                "Vous avez rendez-vous avec {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Si vous ne pouvez pas venir, merci de nous appeler. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MOVED: MessageText(
            subject="{practice} : votre rendez-vous est déplacé",
            text=(
                "Votre rendez-vous avec {practice} est déplacé. Il aura lieu {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Si vous ne pouvez pas venir, merci de nous appeler. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        CANCELLED: MessageText(
            subject="{practice} : votre rendez-vous est annulé",
            text=(
                "Votre rendez-vous avec {practice} {day} à {time}{zone} est annulé.\n\n"
                "Téléphone : {phone}\n\n"
                f"Si vous souhaitez un autre rendez-vous, merci de nous appeler. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MISSED: MessageText(
            subject="{practice} : vous n'avez pas pu venir",
            text=(
                "Vous n'avez pas pu venir à votre rendez-vous avec {practice} {day} à {time}{zone}.\n\n"
                "Téléphone : {phone}\n\n"
                f"Si vous souhaitez un autre rendez-vous, merci de nous appeler. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        NOTICE: MessageText(
            subject="{practice} : une information pour vous",
            text=f"{{words}}\n\n{{practice}}\nTéléphone : {{phone}}\n\n{_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        HELP: MessageText(
            subject="{practice} : comment nous joindre",
            text=f"{{practice}} vous écrit au sujet de vos rendez-vous.\n\nTéléphone : {{phone}}\n\n{_NO_MORE}",
        ),
        UNCLEAR: MessageText(
            subject="{practice} : nous vous appellerons",
            text=(
                "{practice} a reçu votre message. Notre système ne l'a pas compris. "
                "Une personne le lira et vous appellera.\n\n"
                "Téléphone : {phone}"
            ),
        ),
        WHICH_VISIT: MessageText(
            subject="{practice} : de quel rendez-vous s'agit-il ?",
            text=(
                "{practice} a reçu votre message. De quel rendez-vous s'agit-il ?\n\n{options}\n\n"
                "Merci de répondre par le chiffre.\nTéléphone : {phone}"
            ),
        ),
    },
)
