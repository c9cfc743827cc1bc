"""Spanish messages. For SMS they keep to words without á, í, ó and ú, which GSM-7 lacks; é and ñ are in it."""

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

_VISIT: Final = "Hora: {time}{zone}\nLugar: {place}\nTeléfono: {phone}\nConfirmar o cambiar: {link}"
_NO_ANSWER: Final = "No responda a este correo: quizá no se lea a tiempo."
_NO_MORE: Final = "Si no desea recibir más estos correos, díganoslo por teléfono o en su visita."

SPANISH: Final = MessageWords(
    language="es",
    dates=LanguageWords(today="hoy ({0})", tomorrow="mañana ({0})", on="el {0}", zone="hora de {0}"),
    asking=AskingWords(
        verbs=("responda", "responder", "conteste", "contestar", "envíe", "envie", "enviar", "escriba", "mande"),
        small=("con",),
        either=("o", "u"),
        purpose=("para",),
        cancelling=("cancelar", "anular", "confirmar", "cambiar", "mover"),
    ),
    sms={
        REMINDER: MessageText(
            text="{practice}: cita {day}, {time}{zone}, {place}. Tel: {phone}. Para darse de baja: STOP."
        ),
        REMINDER_ASKING: MessageText(
            text=(
                "{practice}: cita {day}, {time}{zone}, {place}. Tel: {phone}. "
                "Responda C para confirmar, R para cambiar, STOP para baja."
            )
        ),
        REMINDER_SEVERAL: MessageText(
            text="{practice}: citas {visits}. Tel: {phone}. Para darse de baja: STOP.",
        ),
        BOOKED: MessageText(
            text="{practice}: cita reservada: {day}, {time}{zone}, {place}. Tel: {phone}. Para darse de baja: STOP."
        ),
        MOVED: MessageText(
            text=(
                "{practice}: nueva fecha de su cita: {day}, {time}{zone}, {place}. Tel: {phone}. "
                "Para darse de baja: STOP."
            )
        ),
        CANCELLED: MessageText(
            text=(
                "{practice}: cita cancelada: {day}, {time}{zone}. Para otra cita llame al {phone}. "
                "Para darse de baja: STOP."
            )
        ),
        MISSED: MessageText(
            text=(
                "{practice}: no le vimos en su cita {day}, {time}{zone}. Para otra cita: {phone}. "
                "Para darse de baja: STOP."
            )
        ),
        NOTICE: MessageText(text="{practice}: {words}. Tel: {phone}. Para darse de baja: STOP."),
        HELP: MessageText(
            text=(
                "{practice}: mensajes sobre sus citas. Pueden aplicarse tarifas de mensajes. Tel: {phone}. "
                "Para darse de baja: STOP."
            )
        ),
        UNCLEAR: MessageText(text="{practice}: lo sentimos, no entendemos su mensaje. Le llamaremos. Tel: {phone}."),
        WHICH_VISIT: MessageText(text="{practice}: ¿qué cita? {options}. Responda con la cifra. Tel: {phone}."),
    },
    email={
        REMINDER: MessageText(
            subject="{practice}: recordatorio de cita",
            text=(
                "Le recordamos su cita con {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Si no puede venir, llámenos, por favor. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_ASKING: MessageText(
            subject="{practice}: ¿vendrá a su cita?",
            text=(
                "Tiene cita con {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Díganos si vendrá, por favor. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_SEVERAL: MessageText(
            subject="{practice}: recordatorio de citas",
            text=(
                "Le recordamos sus citas con {practice}.\n\n{visits}\n\nTeléfono: {phone}\n\n"
                f"Si no puede venir, llámenos, por favor. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        BOOKED: MessageText(
            subject="{practice}: su cita",
            text=(
                "Tiene cita con {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Si no puede venir, llámenos, por favor. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MOVED: MessageText(
            subject="{practice}: su cita ha cambiado",
            text=(
                "Su cita con {practice} ha cambiado. Ahora es {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Si no puede venir, llámenos, por favor. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        CANCELLED: MessageText(
            subject="{practice}: su cita está cancelada",
            text=(
                "Su cita con {practice} {day}, {time}{zone}, está cancelada.\n\n"
                "Teléfono: {phone}\n\n"
                f"Si necesita otra cita, llámenos, por favor. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MISSED: MessageText(
            subject="{practice}: no pudo venir a su cita",
            text=(
                "Sentimos no haberle visto en su cita con {practice} {day}, {time}{zone}.\n\n"
                "Teléfono: {phone}\n\n"
                f"Si desea otra cita, llámenos, por favor. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        NOTICE: MessageText(
            subject="{practice}: un aviso para usted",
            text=f"{{words}}\n\n{{practice}}\nTeléfono: {{phone}}\n\n{_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        HELP: MessageText(
            subject="{practice}: cómo contactarnos",
            text=f"{{practice}} le escribe sobre sus citas.\n\nTeléfono: {{phone}}\n\n{_NO_MORE}",
        ),
        UNCLEAR: MessageText(
            subject="{practice}: le llamaremos",
            text=(
                "{practice} ha recibido su mensaje. Nuestro sistema no lo ha entendido. "
                "Una persona lo leerá y le llamará.\n\n"
                "Teléfono: {phone}"
            ),
        ),
        WHICH_VISIT: MessageText(
            subject="{practice}: ¿a qué cita se refiere?",
            text=(
                "{practice} ha recibido su mensaje. ¿A cuál de estas citas se refiere?\n\n{options}\n\n"
                "Responda con el número, por favor.\nTeléfono: {phone}"
            ),
        ),
    },
)
