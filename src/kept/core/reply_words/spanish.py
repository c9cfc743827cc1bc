"""Spanish replies."""

from typing import Final

from kept.core.reply_words.shape import Frame, Meaning, ReplyWords

_MESSAGES: Final = (
    "mensaje, mensajes, mensajes de texto, mensajitos, textos, sms, recordatorios, avisos, notificaciones, alertas, "
    "suscripción, publicidad, spam, whatsapps"
)
_BESIDE_MESSAGES: Final = (
    "de, los, las, el, la, estos, estas, este, esos, esas, sus, tus, más, mas, que, me, enviar, enviarme, mandar, "
    "mandarme, envíen, manden, mandando, enviando, recibir, recibiendo, todos, todas, por, favor, con, tantos, "
    "tanto, ya, ningún, ninguno, nada, otro, otros, a, mi, número, este, texto, automáticos, sigan, estar"
)

SPANISH: Final = ReplyWords(
    language="es",
    phrases={
        Meaning.STOP: "alto por/ya/a/con, darme de baja, darse de baja",
        Meaning.OPT_OUT_ALONE: (
            "alto, baja, parar, pare, paren, parad, para ya, pararlo, basta, basta ya, ya basta, paren/pare/alto "
            "ya, no más, nomas, no "
            "mas nada, ya no más, fin, terminar, termine, salir, detener, detenga, deténganse, detente, déjenme, "
            "déjeme, déjame, no molestar/molesten/moleste/molestes, eliminar, elimíname, quitar, quítame, borrar, "
            "desuscribir, cancelar suscripción, no mensajes, no escribir, no contactar, anular suscripción, "
            "suficiente, para por_favor, quitenme, bórrenme, bórrame, remover, no enviar, no me llamen, no llamen más"
        ),
        Meaning.OPT_OUT: (
            "dar/darme/darse/dame/deme/denme/dándome de baja, quiero/quisiera/deseo la/una baja, cancelar la/mi "
            "suscripción, desuscribirme, desuscribir, desuscríbame, desuscríbanme, desuscribirse, cancelen/cancele "
            "la/mi suscripción, no me escriban/escriba/escribas/escribáis/manden/mande/mandes/mandéis/envíen/envíe/"
            "envíes/contacten/contacte/contactes/texteen/textee/textees/molesten/moleste/molestes/hablen/mensajeen, "
            "ya/por_favor/- no me escriban/escriba/escribas/manden/mande/mandes/envíen/envíe/envíes/molesten, no "
            "vuelvan/vuelva/vuelvas a escribir/escribirme/enviar/enviarme/mandar/mandarme/contactar/contactarme/"
            "molestar/molestarme/llamar/llamarme, no quiero/deseo/quisiera que me escriban/escriba/manden/envíen/"
            "contacten/molesten, dejar/dejen/deje/deja/dejad/déjense de escribir/escribirme/enviar/enviarme/mandar/"
            "mandarme/molestar/molestarme/textear/textearme/contactarme/llamar/llamarme/joder/fastidiar, pare/paren/"
            "para de escribir/escribirme/enviar/enviarme/mandar/mandarme/molestar/molestarme/textear/textearme, "
            "déjenme/déjeme/déjame/dejadme en paz/tranquilo/tranquila, quítenme/quíteme/quítame/sáquenme/sáqueme/"
            "sácame/bórrenme/bórreme/bórrame/elimínenme/elimíneme/elimíname/remuévanme de, borrar/eliminar/quitar/"
            "sacar/borren/borre/borra/eliminen/elimine/elimina/quiten/quite/quita/saquen/saque/saca mi/este número/"
            "teléfono/contacto, no más "
            "mensajes/textos/sms/recordatorios/avisos, basta de mensajes/textos/sms, ya no más mensajes/textos/sms, "
            "no autorizo, no doy mi consentimiento, revoco mi consentimiento, retiro mi consentimiento, stop "
            "por_favor/ya/mensajes, les dije que paren/pararan, dejen de mandar, váyanse a la mierda, no sigan"
        ),
        Meaning.NOT_STOP: (
            "no dejen/deje/dejes/pare/paren/pares de, no paren/pare/pares, no quiero/- darme de baja, no me den/des/"
            "dé de baja, no_es/es spam, no me quiten/borren/elimine, parada de autobús/bus/metro, estoy/estaba/sigo "
            "de baja, baja médica, baja por enfermedad, planta baja, al fin, por fin, en fin, fin de semana/mes/año, "
            "a fin de, al fin de, sin parar, de alto, no me escriban/manden/llamen a/al ese/otro, no más tarde"
        ),
        Meaning.OUR_OWN_WORDS: (
            "para darse de baja stop, responda/conteste/envíe/responder/escriba/mande stop para, stop para darse de "
            "baja, stop para baja, stop para cancelar/terminar, responda/conteste/envíe/escriba/mande stop"
        ),
        Meaning.HELP: "ayuda, ayuda por_favor, ayúdame, ayúdenme, ayúdeme, información",
        Meaning.WRONG_NUMBER: (
            "número equivocado/incorrecto/erróneo, teléfono equivocado, persona equivocada, se equivocó/equivoca/"
            "equivocan/equivocaron/ha_equivocado/han_equivocado/equivoco de/- número/persona/teléfono/-, te "
            "equivocaste de/- número/persona/-, te has equivocado, está/están equivocado/equivocados/equivocada, "
            "equivocado de número, no soy esa persona, no soy la/el persona/paciente, este/ese no es su/el número, "
            "este no es el teléfono de, no conozco a esa/esta/ninguna persona, aquí no vive, no es mi número, ya no "
            "es su número, no es la persona, este número ya no es, no soy paciente, me confunde/confunden con, "
            "número equibocado"
        ),
        Meaning.MACHINE: (
            "respuesta automática, mensaje automático, contestación automática, contestador automático, respuesta "
            "generada, este buzón no, autorrespuesta, modo no molestar, modo conducción, se ha generado "
            "automáticamente"
        ),
        Meaning.AWAY: (
            "fuera de la oficina, fuera de oficina, estoy conduciendo/manejando, ahora no puedo hablar/contestar, "
            "conduciendo, manejando, le responderé/contestaré cuando/pronto/en_cuanto/a_mi_regreso, a mi regreso, "
            "estoy de vacaciones hasta"
        ),
        Meaning.AGREES: (
            "sí, si, sip, sii, sí señor/señora/señorita, claro, claro que sí, por supuesto, vale, de acuerdo, "
            "deacuerdo, está bien, esta bien, muy bien, correcto, perfecto, conforme, bueno, okey, cómo no, así es, "
            "afirmativo, sí claro, seguro, listo, desde luego"
        ),
        Meaning.COMING: (
            "c para confirmar, "
            "confirmo, confirmado, confirmada, confirmar, confirmamos, confirme, sí confirmo/confirmado, confirmo mi/"
            "la/nuestra cita/asistencia/hora/visita, confirmado gracias, cita confirmada, asistencia confirmada, "
            "confirmar/confirme mi/la cita, queda confirmado/confirmada, quiero/deseo confirmar, ahí estaré, allí "
            "estaré, allá estaré, ahí estaremos, allí estaremos, allá estaremos, estaré ahí/allí, ahi nos vemos, ahí/"
            "allí/allá nos vemos, nos vemos, nos vemos ahí/allí/allá/entonces/@/el_@, asistiré, asistiremos, iré, "
            "iremos, sí iré, voy a ir, vamos a ir, sí voy, voy, ahí voy, sí puedo ir/asistir, puedo ir/asistir, sí "
            "asistiré, sí voy a ir, sí estaré, cuenten conmigo, hasta entonces, sin falta, acepto, acudiré, ahí "
            "estaré sin falta, confirmó mi asistencia, estaré presente, hasta @, voy a asistir, sí vamos"
        ),
        Meaning.NO: "nop, nel, no señor/señora, no gracias, negativo, para nada",
        Meaning.CANNOT: (
            "no puedo/podré/podremos/podemos/voy_a_poder/vamos_a_poder/puede/podrá ir/asistir/acudir/llegar/venir/"
            "ir_a_la_cita/ir_a_mi_cita/asistir_a_la_cita/asistir_a_mi_cita/acudir_a_la_cita/acudir_a_mi_cita/estar/"
            "presentarme/-, no puedo ir/asistir/acudir @/ese_día, no voy, no vamos, no iré, no iremos, no asistiré, "
            "no voy a ir/asistir/estar, no vamos a ir, no llego, no llegaré, me es/será/resulta imposible ir/asistir/"
            "acudir/-, imposible ir/asistir/acudir, no me es posible ir/asistir/acudir, no tengo cómo ir, no estaré, "
            "no acudiré, tengo que faltar, no voy a poder, no podré asistir ese día, no alcanzo a ir"
        ),
        Meaning.CANCEL_VISIT: (
            "cancelar, cancele, cancelen, cancela, cancélela, cancélenla, cancelarla, anular, anule, anulen, "
            "anúlela, quiero/quisiera/necesito/deseo/tengo_que/debo/voy_a/me_gustaría cancelar/anular/cancelarla/"
            "anularla, ya no necesito/quiero la/mi/esa cita, no necesito/quiero la/mi cita"
        ),
        Meaning.MOVE: (
            "cambiar, reprogramar, reagendar, posponer, aplazar, reprograme, reprogramen, reagende, reagenden, "
            "cambiar/mover/cambie/cambien/cambiarla/moverla/reprogramarla/reagendarla/posponerla/adelantar/"
            "adelantarla/retrasar/retrasarla/aplazarla, cambiar de día/hora/fecha/cita, cambiar/cambie/cambien el/la/"
            "mi/- día/hora/fecha/horario/cita, otro día, otra hora/fecha/cita, otro horario, más tarde/temprano, "
            "puede/"
            "podría/podríamos/podemos ser @, mejor el/a_las/a/- @/#, para la próxima/otra semana, la próxima semana "
            "mejor, mejor la próxima semana, la semana que viene mejor, mejor otro día, tiene/tienen/hay otra/otro "
            "hora/día/horario/fecha/cita, tiene/tienen/hay algo más_tarde/antes/el_@/@/otro_día, el @ en_vez/"
            "en_lugar, prefiero el/a_las/otro/otra/por_la @/#/día/hora/fecha, qué tal el/a_las @/#, a_las # "
            "está_bien/puede_ser/es_posible/se_puede, es posible a_las/el #/@, nueva cita/fecha/hora"
        ),
        Meaning.DAY: "a/de las #, el @, para el @, @ a las #",
        Meaning.REASON: (
            "porque, ya que, estoy enfermo/enferma/malo/mala/trabajando/de_viaje/fuera, tengo trabajo/fiebre/gripe/"
            "covid/que_trabajar/una_emergencia/una_reunión/un_compromiso, trabajo, mi hijo/hija/niño/niña/esposo/"
            "esposa/mamá/papá está enfermo/enferma/malo/mala, por trabajo/enfermedad/motivos_personales, surgió "
            "algo, me surgió algo/un_imprevisto, un imprevisto, ese día, a esa hora, lamentablemente, emergencia, no "
            "tengo transporte"
        ),
        Meaning.POLITE: (
            "por favor, porfavor, porfa, xfa, gracias, muchas gracias, mil gracias, hola, buenos días, buen día, "
            "buenas tardes/noches, buenas, señor, señora, señorita, doctor, doctora, disculpe, disculpa, disculpen, "
            "perdón, perdone, perdona, lo siento, lo siento mucho, lamento, saludos, un saludo, un cordial saludo, "
            "que tenga buen día, que tengan buen día, gracias por avisar/el_recordatorio/recordarme/su_mensaje/"
            "el_aviso, amén, bendiciones, dios los/le bendiga, entonces, pues, entendido, recibido, excelente, muy "
            "amable, y, mi cita, la cita, a la cita"
        ),
        Meaning.REQUEST: (
            "puede/puedes/pueden/podría/podrían/podrías, me puede/puedes/pueden/podría/podrían/podrías, es posible, "
            "se puede, sería posible"
        ),
        Meaning.DOUBT: (
            "no, no sé, no se, tal vez, quizá, quizás, a lo mejor, no estoy seguro/segura, sin problema, no hay "
            "problema, ningún problema, no pasa nada, nunca, nadie, no cancele/cancelen/canceles/cancelar/anule/"
            "anulen/cambie/cambien/cambiar/confirmo/mueva/muevan/reprogramar/reprograme, no quiero/deseo/necesito "
            "cancelar/cambiar/reprogramar/mover/anular, no me cancele/cancelen, sí puedo, quién es, quién eres, "
            "quién habla, cancelé, confirmó, cambié, no puedo cambiar/cancelar/confirmar/esperar, no hace falta "
            "cambiar/cancelar, no hace falta, no es necesario, no tengo/cambiaron, ya cancelé/cambié, no me "
            "confirmaron, no puedo creer/encontrar/ver/abrir/hablar"
        ),
        Meaning.GLUE: (
            "ya, quiero, esto, que, me, estos, los, les, le, dije, pido, necesito, ahora, mismo, todo, por, de"
        ),
    },
    frames=(
        Frame(
            meaning=Meaning.OPT_OUT,
            openers=(
                "no quiero/deseo/quisiera/necesito/pedí/solicité/autoricé, dejar/dejen/deje/deja/dejad de, basta "
                "de/con, "
                "paren/pare/para/parar con/de/-, alto a/con/-, alto, cancelar/cancele/cancelen/cancela/detener/"
                "detenga/detengan/eliminar/termine/terminar/suspender/suspenda/suspendan, no más, no_me/no envíen/"
                "envíe/envíes/manden/mande/mandes, estoy harto/harta/cansado/cansada de, harto/harta de, ya no "
                "quiero/deseo, no me interesa/interesan, no volver a, no enviar/mandar/escribir, ya basta de/con"
            ),
            between=_BESIDE_MESSAGES,
            closers=_MESSAGES,
        ),
        Frame(
            meaning=Meaning.CANCEL_VISIT,
            openers="cancelar/cancele/cancelen/cancela/anular/anule/anulen/anula/cancelo/anulo/cancelamos",
            between=(
                "mi, la, nuestra, esa, esta, su, de, del, el, #, @, las, a, para, próxima, médica, hora, mis, todas"
            ),
            closers="cita/citas/hora/visita/consulta/turno/reserva/@",
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers=(
                "cambiar/mover/cambie/cambien/mueva/muevan/reprogramar/reagendar/posponer/aplazar/adelantar/retrasar/"
                "pasar"
            ),
            between="mi, la, nuestra, esa, esta, su, de, del, el, #, @, las, a, para, día, hora, fecha, médica",
            closers="cita/hora/visita/consulta/turno/día/fecha/horario/@/#, otro día/horario, otra hora/fecha",
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers=(
                "puede/podría/podríamos/podemos/puedo/se_puede ser/ir/venir/hacerla/hacerlo/moverla/cambiarla/"
                "cambiarlo/pasarla"
            ),
            between="a, las, el, para, la, más, por",
            closers="#, @, tarde, temprano, próxima semana, semana que viene, otro día, otra hora",
        ),
    ),
    days=("lunes, martes, miércoles, jueves, viernes, sábado, domingo, mañana, hoy"),
    near_days="mañana, hoy",
    accented="cancelé, confirmó, cambié",
)
"""
Source:
    The everyday phrases are ours, among them translations of the words of 47 CFR 64.1200(a)(10).
"""
