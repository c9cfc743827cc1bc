"""German replies."""

from typing import Final

from kept.core.reply_words.shape import Frame, Meaning, ReplyWords

_MESSAGES: Final = (
    "sms, smsen, nachricht, nachrichten, textnachrichten, mitteilungen, erinnerungen, benachrichtigungen, meldungen, "
    "mails, e mails, emails, spam, werbung, kurznachrichten, erinnerung, abo, mailings, mehr von ihnen/euch"
)
_BESIDE_MESSAGES: Final = (
    "die, diese, dieser, diesen, der, das, weiteren, weitere, mehr, solche, solchen, von, ihnen, euch, eure, ihre, "
    "mir, mich, mit, dem, den, zu, senden, schicken, bekommen, erhalten, bitte, irgendwelche, automatischen, "
    "automatische, nervigen, ständigen, ewigen, an, meine, keine, ich, will, möchte, und, text, in, zukunft"
)

GERMAN: Final = ReplyWords(
    language="de",
    phrases={
        Meaning.STOP: "stopp, stoppen, stoppt, stoppe, abbestellen, abmelden, austragen, aufhören",
        Meaning.OPT_OUT_ALONE: (
            "ende, beenden, schluss, schluss jetzt, abmeldung, lösch mich, löschen, es reicht, reicht, genug, jetzt "
            "reichts, aus, hör auf, hört auf, hören sie auf, halt, keine sms, keine nachrichten, nicht schreiben, "
            "kündigen, kündigung, nichts mehr, nicht mehr, nicht stören, keine werbung, hau ab, verpiss dich, sms "
            "stop, nicht kontaktieren"
        ),
        Meaning.OPT_OUT: (
            "hör/hört/hören/höre sie/bitte/endlich/doch/- bitte/endlich/damit/- auf, abbestellen, abbestelle, "
            "abmelden, abgemeldet werden, austragen, nehmen sie/- mich aus/von der/ihrer/eurer liste, tragen sie "
            "mich aus, trag mich aus, melden sie mich ab, meldet "
            "mich ab, meld mich ab, melde mich ab von, aus dem verteiler, aus der/ihrer/eurer liste, aus ihrem/eurem "
            "verteiler, aufhören mir/mich/zu, aufhören mit, nicht mehr schreiben/anschreiben/kontaktieren/"
            "kontaktiert/texten/belästigen/benachrichtigt/benachrichtigen/angeschrieben, nie wieder schreiben/"
            "kontaktieren/anschreiben, schreib/schreibt/schreiben/schreibe sie/mir/- mir/bitte/- nicht/nie mehr/"
            "wieder, schreiben sie mir bitte nicht mehr, schreiben sie mir nicht, schreib mir nicht, schreibt mir "
            "nicht, kontaktieren sie mich nicht, kontaktiert mich nicht, lass/lasst/lassen mich/sie in/mich ruhe/"
            "in_ruhe, lassen sie mich bitte in ruhe, lösch/löscht/löschen/lösche/entfernen/entfernt/entferne sie/"
            "bitte/- bitte/- mich/meine/diese nummer/daten/handynummer/telefonnummer/rufnummer/-, meine/diese nummer/"
            "daten/handynummer/telefonnummer bitte/- löschen/entfernen, mich löschen, mich bitte löschen, keine/kein "
            "weiteren/weitere/mehr sms/nachrichten/nachricht/erinnerungen/kontakt, keine sms/nachrichten/"
            "erinnerungen/mails mehr, kein kontakt mehr, ich widerrufe, widerrufe meine einwilligung/zustimmung, "
            "widerruf meiner einwilligung, einwilligung zurück, verschonen sie mich, verpisst euch, belästigen sie "
            "mich nicht, sms abbestellen/stoppen, nichts mehr von ihnen/euch hören, sofort aufhören, das ist "
            "belästigung"
        ),
        Meaning.NOT_STOP: (
            "nicht aufhören/stoppen/abmelden/abbestellen/austragen/löschen, hör/hört/hören sie/bitte/- bitte/- nicht "
            "auf, löschen sie mich/meine_nummer nicht, nicht abbestellen, ende der/des/von/nächster/dieser/mai/juni/"
            "juli/august/september/oktober/november/dezember/januar/februar/märz/april/nächste, am ende, zu ende, "
            "wochenende, aus der/dem stadt/urlaub/haus, ich melde mich, halt die, bis zum ende, aus gesundheitlichen "
            "gründen, keine sms bekommen/erhalten, keine nachrichten bekommen/erhalten, keine nachricht bekommen/"
            "erhalten, nicht mehr kommen, mit rauchen aufhören"
        ),
        Meaning.OUR_OWN_WORDS: (
            "antworten/antworte/antwort/senden/sende/schreiben sie/mit/- mit/- stop/stopp, stop/stopp zum/um "
            "abmelden/abbestellen/beenden/sich_abzumelden, abmelden mit stop, stop beendet die sms"
        ),
        Meaning.HELP: "hilfe, hilfe bitte, helfen, helfen sie mir, auskunft, infos",
        Meaning.WRONG_NUMBER: (
            "falsche nummer, falsche telefonnummer, falsche handynummer, falsche rufnummer, falsche person, falscher "
            "empfänger, falscher kontakt, falsch verbunden, verwählt, haben sich/dich verwählt, hier ist nicht, "
            "falsche adresse, sie haben die falsche nummer/person, nicht die/meine "
            "richtige nummer/person, das ist nicht meine nummer, nicht mehr die nummer, kenne ich nicht diese "
            "person, kenne diese person nicht, ich bin nicht die/der person/patientin/patient, ich bin kein patient, "
            "ich bin keine patientin, nummer gehört nicht/jetzt, irrläufer, nummer ist falsch, falsch adressiert"
        ),
        Meaning.MACHINE: (
            "automatische antwort, automatische nachricht, automatisch generiert/generierte/erstellt/erstellte/"
            "gesendet/versendet, abwesenheitsnotiz, abwesenheitsnachricht, automatische abwesenheit, antwortet "
            "automatisch, automatisierte antwort/nachricht"
        ),
        Meaning.AWAY: (
            "nicht im büro, außer haus, ich fahre gerade, fahre gerade auto, bin am steuer, abwesend bis, melde mich "
            "später/sobald/nach, melde mich so bald, derzeit nicht erreichbar, bin im urlaub bis, am fahren, beim "
            "autofahren"
        ),
        Meaning.AGREES: (
            "ja, jo, jawohl, jup, jep, jaa, ja gerne/gern/bitte/klar/natürlich, gerne, gern, klar, natürlich, "
            "einverstanden, in ordnung, alles klar, geht klar, passt, das/ja passt, passt mir/gut, das passt mir/gut/"
            "-, geht in ordnung, selbstverständlich, sicher, abgemacht, stimmt, perfekt, ist ok, ist okay, ist gut, "
            "gut, okay danke, sehr gerne, jawoll, geht ok, das geht, ja das geht, na klar"
        ),
        Meaning.COMING: (
            "bestätigt, bestätige, bestätigen, bestätigung, ich/- bestätige den/meinen/diesen/hiermit/- termin/-, "
            "hiermit bestätige ich den/meinen termin, ja bestätigt/bestätige, termin bestätigt, wir bestätigen den/- "
            "termin/-, ich/wir komme/kommen/werde_kommen/werde_da_sein/werden_da_sein/bin_da/sind_da/bin_dabei/"
            "werde_dort_sein, komme, komme gerne, ja ich komme/bin_da, bin da, bin dabei, werde da sein, bis dann, "
            "bis @, bis dahin, bis gleich, ich werde kommen, ich kann kommen, nehme den/meinen termin wahr, ich "
            "nehme den/meinen termin wahr, ich nehme teil, wir sehen uns/- dann/@/-, wir sehen uns am @, sehen uns @/"
            "dann, zusage, ich sage zu, sage zu, zugesagt, der/- termin steht/passt/bleibt/geht_klar/ist_bestätigt, "
            "komme @, komme zum/wie termin/vereinbart, bis zum termin, ich komme gerne/zum_termin/@/pünktlich, ja "
            "komme"
        ),
        Meaning.NO: (
            "nein, nee, nö, nein danke, nein leider/leider_nicht, leider nein, leider nicht, nicht möglich, nie"
        ),
        Meaning.CANNOT: (
            "ich/wir/- kann/können/werde/werden leider/- nicht/nicht_mehr kommen/kommen_können/teilnehmen/erscheinen/"
            "da_sein/dabei_sein/wahrnehmen/zum_termin_kommen/-, kann/können den/meinen/unseren termin leider/- nicht/"
            "nicht_mehr wahrnehmen/einhalten, ich kann den/meinen termin leider/- nicht/nicht_mehr wahrnehmen/"
            "einhalten, leider/- kann/können ich/wir leider/- nicht kommen/-, ich/wir komme/kommen leider/- nicht, "
            "komme nicht, ich schaffe es/das/den_termin leider/- "
            "nicht, schaffe es/das/den_termin leider/- nicht, ich/- bin verhindert, leider verhindert, ich bin "
            "leider verhindert, muss leider/- absagen, klappt leider/- nicht, es/das klappt leider/- nicht, geht "
            "leider/- nicht, das geht leider/- nicht, es geht leider/- nicht, kann @ leider/- nicht kommen/-, ich "
            "kann @ leider/- nicht kommen/-, bin nicht da, ich bin nicht da, ich bin leider nicht da, passt leider/- "
            "nicht, passt mir leider/- nicht, ist mir nicht möglich, nicht kommen"
        ),
        Meaning.CANCEL_VISIT: (
            "absagen, absage, sage ab, ich sage ab, abgesagt, stornieren, storniere, storno, stornierung, sage den/"
            "meinen termin ab, ich sage den/meinen termin ab, "
            "bitte absagen/stornieren/canceln, termin/den_termin/meinen_termin bitte/- absagen/stornieren/streichen/"
            "canceln, canceln, sagen sie den/meinen termin ab, sagen sie bitte den/meinen termin ab, brauche den/"
            "keinen termin nicht_mehr/mehr, ich brauche den/keinen termin nicht_mehr/mehr"
        ),
        Meaning.MOVE: (
            "r ändert, "
            "verschieben, umbuchen, verlegen, verschiebung, verschiebe, ändern, umlegen, neuen termin, neuer termin, "
            "anderen termin, anderer termin, andere uhrzeit, anderer tag, anderen tag, ein andermal, "
            "alternativtermin, ersatztermin, einen anderen, können/könnten wir das/es auf #/@/nächste_woche, "
            "termin/den_termin/meinen_termin "
            "bitte/- auf/- #/@/nächste_woche/- verschieben/verlegen/ändern/umbuchen, lieber um/am/- #/@, geht/ginge/"
            "passt es/auch/das/- auch/- um/am/- #/@/später/früher/nächste_woche, # statt #, @ statt @, statt # "
            "lieber #, nächste woche lieber/stattdessen/-, haben sie noch/etwas/was/auch/einen noch/früher/später/"
            "anderes/am/frei/freien/anderen etwas/@/frei/termin/-, wäre # möglich, ist # möglich, um # möglich, "
            "ginge #/@, besser um/am/- #/@, @/# passt/wäre/ginge/geht besser/mir_besser, später kommen, früher "
            "kommen, zu einem anderen zeitpunkt, an einem anderen tag, neu vereinbaren, neu terminieren, auf # "
            "verschieben, auf @ verschieben"
        ),
        Meaning.DAY: "um/gegen #, am/für @, @ um #",
        Meaning.REASON: (
            "weil, da, denn, ich bin krank/erkältet/im_urlaub/auf_arbeit/verreist, bin krank/erkältet/verreist, "
            "krank, grippe, fieber, corona, covid, mein/meine sohn/tochter/kind/mann/frau/mutter/vater ist krank, "
            "muss arbeiten, ich muss arbeiten, arbeit, wegen arbeit/krankheit/corona, notfall, ein notfall, "
            "krankheit, etwas dazwischen gekommen, mir ist etwas/was dazwischengekommen, an dem tag, zu der zeit, "
            "leider, urlaub, termin, der termin, zum termin, aus gesundheitlichen gründen"
        ),
        Meaning.POLITE: (
            "bitte, danke, vielen dank, herzlichen dank, dankeschön, danke schön, besten dank, dank, danke sehr, "
            "danke ihnen, hallo, guten tag/morgen/abend, moin, servus, grüß gott, sehr geehrte damen und herren, "
            "herr, frau, doktor, entschuldigung, entschuldigen sie, sorry, tut mir leid, es tut mir leid, tut mir "
            "sehr leid, verzeihung, mit freundlichen grüßen, mfg, lg, vg, viele/liebe/schöne/freundliche/beste "
            "grüße, gruß, schönen tag noch/-, einen schönen tag noch/-, danke für die erinnerung/nachricht/info, "
            "danke für ihre nachricht, und, super, prima, toll, verstanden, tschüss, bis bald, auf wiedersehen, "
            "vielen lieben dank, schönes wochenende"
        ),
        Meaning.REQUEST: "können/könnten sie, kannst/könntest du, wäre es möglich, ist es möglich",
        Meaning.DOUBT: (
            "vielleicht, eventuell, evtl, weiß nicht, ich weiß nicht, weiß ich nicht, nicht sicher, bin mir nicht "
            "sicher, kein problem, keine ursache, nicht, kein, keine, nie, niemals, falls, wenn, außer, wer ist das/"
            "da, wer sind sie, wer bist du, nicht absagen/verschieben/stornieren/ändern/bestätigen/verlegen, will/"
            "möchte nicht absagen/verschieben, muss/müssen nicht verschieben/absagen, schon abgesagt/verschoben, "
            "bereits abgesagt/verschoben, warum, kann nicht bestätigen/verschieben/absagen, ich kann nicht "
            "bestätigen/verschieben/absagen/warten, mal sehen, ich kann das/es nicht lesen/öffnen/finden, ich kann "
            "nicht sprechen/telefonieren/antworten"
        ),
        Meaning.GLUE: (
            "ich, möchte, will, das, es, jetzt, sofort, endlich, damit, mich, mir, alle, alles, diese, die, habe, "
            "gesagt, schon, sagte, sie, bitte, sollen, soll, nochmal, doch, ihr"
        ),
    },
    frames=(
        Frame(
            meaning=Meaning.OPT_OUT,
            openers=(
                "keine/kein, will/möchte/wünsche keine, stoppen/stopp/stop/stoppt/beenden/beende/abbestellen/"
                "kündigen sie/-, hör/hört/hören sie/- auf mit, genug von, schluss mit, nicht einverstanden mit, "
                "keine lust auf, abmelden/austragen/abmeldung von/vom/aus"
            ),
            between=_BESIDE_MESSAGES,
            closers=(
                "weiteren/weitere sms/nachrichten/erinnerungen/mitteilungen/nachricht, sms/nachrichten/erinnerungen/"
                "mails/nachricht/mitteilungen/werbung/benachrichtigungen mehr/von_ihnen/von_euch/bitte/schicken/"
                "senden/bekommen/erhalten, spam, sms/nachrichten/erinnerungen/mails/mitteilungen/benachrichtigungen/"
                "textnachrichten, newsletter, benachrichtigung, verteiler, liste, erinnerungsservice"
            ),
        ),
        Frame(
            meaning=Meaning.OPT_OUT,
            openers="schicken/senden/schickt/schick/sende/sendet sie/- mir/- bitte/- keine/nichts, nicht mehr",
            between=_BESIDE_MESSAGES,
            closers=_MESSAGES + ", mehr",
        ),
        Frame(
            meaning=Meaning.CANCEL_VISIT,
            openers="absagen/storniere/stornieren/cancel/canceln/streiche/streichen sie/- bitte/-",
            between="meinen, den, unseren, diesen, am, um, #, @, für, morgigen, heutigen, nächsten",
            closers="termin/termine/besuch/buchung",
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers=(
                "verschieben/verlegen/ändern/umbuchen/verschiebe/verlege/verschiebt/verschoben_werden sie/- bitte/-"
            ),
            between="meinen, den, unseren, diesen, am, um, #, @, für, morgigen, heutigen, auf, ich, wir",
            closers="termin/uhrzeit/besuch/#/@",
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers="können/könnten/kann/könnte wir/sie/man",
            between="den, das, es, ihn, meinen, unseren, termin, bitte, auf, um, am, auch, vielleicht",
            closers="verschieben/verlegen/ändern/umbuchen/#/@/später/früher, nächste woche, einen anderen",
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers=(
                "kann/könnte/würde/möchte/muss ich, ich muss/möchte/würde/will, muss/möchte/müssen, wir müssen/möchten"
            ),
            between=(
                "den, das, es, ihn, meinen, unseren, diesen, termin, bitte, auf, um, am, gern, gerne, leider, #, @"
            ),
            closers="verschieben/verlegen/ändern/umbuchen",
        ),
        Frame(
            meaning=Meaning.CANCEL_VISIT,
            openers="ich/wir/- muss/müssen/möchte/möchten/will/wollen/würde",
            between="den, meinen, unseren, diesen, termin, leider, bitte, gern, gerne, am, um, #, @, ich",
            closers="absagen/stornieren/canceln",
        ),
    ),
    days=(
        "montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonntag, morgen, heute, vormittag, nachmittag, "
        "abend, mittag, übermorgen"
    ),
    near_days="morgen, heute",
)
"""
Source:
    The everyday phrases are ours, among them translations of the words of 47 CFR 64.1200(a)(10).
"""
