# ruff: noqa: RUF001 - the letters of other alphabets are the data, not slips
"""
Other languages: only how their speakers end messages, and say that the number is wrong.

Nothing else of them is understood, so that everything else goes to a person.
"""

from typing import Final

from kept.core.reply_words.shape import Meaning, ReplyWords

ELSEWHERE: Final = ReplyWords(
    language="other",
    phrases={
        Meaning.STOP: (
            "стоп, توقف, ストップ, 스톱, σταματήστε, dừng, zastavit, zastavte, stopnout, stoppa, stoppaa, stans"
        ),
        Meaning.OPT_OUT_ALONE: (
            "sair, pare, parem, cancelar inscrição, sispann, sispan, ferma, fermare, fermati, disiscrivi, afmelden, "
            "uitschrijven, uit, dur, durdur, tumigil, itigil, tigil, hentikan, berhenti, хватит, отписаться, "
            "отписка, отпишите, прекратите, зупинити, відписатися, إيقاف, الغاء, أوقف, كفى, قف, بس, ايقاف, עצור, "
            "הסר, स्टॉप, बंद, बंद करो, रोको, 停止, 停, 退订, 退訂, 取消订阅, 停止发送, やめて, 配信停止, 停止希望, "
            "중지, 수신거부, 그만, σταμάτα, "
            "τέλος, διαγραφή, dừng lại, ngừng, hủy đăng ký, avsluta, afmeld, lopeta, odhlásit, leiratkozás, "
            "dezabonare, dezabonați"
        ),
        Meaning.OPT_OUT: (
            "parem de enviar/mandar/escrever, pare de enviar/mandar/escrever/me, não me envie/enviem/mande/mandem/"
            "escrevam/escreva, não quero mais receber/mensagens, me descadastre/descadastrem/remova/removam/tire/"
            "tirem, não quero receber mais/mensagens/sms, cancelar inscrição, smettetela di, smettila di, non "
            "scrivetemi/scrivermi/mandatemi/inviatemi/contattatemi più/-, basta messaggi/sms, non voglio più "
            "messaggi/ricevere, toglietemi dalla, cancellatemi dalla, geen berichten/sms meer, stuur mij/me geen, "
            "stop met berichten/sturen/sms, schrijf mij/me uit, laat me met rust, afmelden voor, не пишите мне/"
            "больше/сюда, больше не пишите/присылайте, не присылайте мне/больше, прекратите писать/присылать/слать, "
            "отпишите меня, отписаться от, удалите мой/меня, не беспокойте/беспокоить, перестаньте писать/присылать/"
            "слать, оставьте меня в_покое, не пишіть мені/більше, припиніть писати/надсилати, لا ترسل/ترسلوا/تراسلني/"
            "تراسلوني, لا تراسلني, توقف عن, توقفوا عن, الغاء الاشتراك, إلغاء الاشتراك, لا أريد/اريد رسائل/رسائلكم, "
            "أوقف/اوقف/أوقفوا الرسائل, mesaj atmayın/göndermeyin/istemiyorum, bana mesaj atmayın/göndermeyin, huwag "
            "nang mag_text/magtext, pa voye mesaj ankò, संदेश मत भेजो, मैसेज मत भेजो, मैसेज बंद"
        ),
        Meaning.NOT_STOP: "não pare, не прекратите",
        Meaning.OPT_IN: "старт",
        Meaning.WRONG_NUMBER: (
            "número errado, pessoa errada, numero sbagliato, ha sbagliato numero, avete sbagliato numero, persona "
            "sbagliata, verkeerd nummer, verkeerde nummer, verkeerde persoon, неправильный номер, не тот номер, "
            "ошиблись номером, вы ошиблись, помилилися номером, رقم خاطئ, الرقم خطأ, رقم غلط, الرقم غلط, yanlış "
            "numara, fel nummer, feil nummer, väärä numero, špatné číslo, λάθος αριθμός, nhầm số, sai số, maling "
            "numero, 打错了, 号码错误, 發錯了, 发错了, 間違い電話, 番号が違います, 잘못 보내셨어요, गलत नंबर, מספר "
            "שגוי, טעות במספר"
        ),
    },
    within=(
        "退订", "退訂", "取消订阅", "停止发", "停止發", "不要再发", "不要再發", "别再发", "別再發", "不要给我发",
        "配信停止", "送らないで", "수신거부", "보내지마", "보내지 마", "문자 그만",
    ),
)  # fmt: skip
"""
Source:
    Ours. Translations of the words of 47 CFR 64.1200(a)(10), under which other words end consent too when a reasonable
    person would take them so.
"""
