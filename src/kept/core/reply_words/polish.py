"""Polish replies."""

from typing import Final

from kept.core.reply_words.shape import Frame, Meaning, ReplyWords

_MESSAGES: Final = (
    "sms, smsy, smsów, sms ów, esemesy, esemesów, wiadomości, wiadomość, powiadomień, powiadomienia, przypomnień, "
    "przypomnienia, spam, spamu, maili, subskrypcję, subskrypcji, komunikatów, reklam, smsow"
)
_BESIDE_MESSAGES: Final = (
    "mi, do, mnie, tych, te, takich, takie, więcej, już, od, was, państwa, żadnych, żadne, z, otrzymywać, dostawać, "
    "wysyłać, wysyłania, proszę, tymi, kolejnych, wam, wasze, waszych, ciągłych, na, mój, numer, otrzymywania, i, "
    "innych"
)

POLISH: Final = ReplyWords(
    language="pl",
    phrases={
        Meaning.STOP: "stopuj, wypisz, wypisać, wypisuję, wypiszcie",
        Meaning.OPT_OUT_ALONE: (
            "koniec, dość, dosyć, wystarczy, przestań, przestańcie, przestan, przestac, przestać, wypis, usuń, "
            "usunąć, zakończ, odsubskrybuj, anuluj subskrypcję, spadaj, spadajcie, odwal się, odwalcie się, nie "
            "pisać, nie pisz, nie piszcie, bez smsów, żadnych smsów, nie przeszkadzać, zrezygnuj, rezygnuję z usługi"
        ),
        Meaning.OPT_OUT: (
            "wypisz/wypiszcie/wypisać/wypisuję/wypiszę/wypisanie/wypisujcie mnie/się/-, chcę się wypisać, przestań/"
            "przestańcie/przestaniecie/proszę_przestać/przestać do/mi/- mnie/- pisać/wysyłać/nękać/spamować/smsować/"
            "dzwonić/przysyłać/zawracać, przestań/przestańcie do mnie pisać, nie pisz/piszcie/pisać do mnie/nas, nie "
            "pisz/piszcie/pisać więcej/już/mi/na, nie chcę żebyście/żeby pisali/do, proszę nie/o_nie pisać/wysyłać/"
            "kontaktować/pisanie/wysyłanie, proszę do_mnie/- więcej/już/- nie pisać/wysyłać, proszę już/więcej "
            "do_mnie/"
            "- nie pisać/wysyłać, nie wysyłaj/wysyłajcie/wysyłać/przysyłajcie/przysyłać/przysyłaj, nie kontaktujcie/"
            "kontaktuj/kontaktować się, nie życzę sobie, nie zgadzam się na, mnie wykreślić/usunąć/wypisać/"
            "skasować, wykreślić/usunąć/skasować mnie/mój, cofam/wycofuję/odwołuję zgodę/"
            "moją_zgodę, wycofanie zgody, usuń/usuńcie/usunąć/usunięcie/wykreśl/wykreślcie/skasuj/skasujcie mnie/mój/"
            "mojego/ten/numer/numeru, proszę o usunięcie mnie/mojego/numeru/tego, proszę usunąć mnie/mój/ten/numer, "
            "dajcie/daj mi spokój, dajcie/daj mi święty spokój, zostawcie/zostaw mnie w_spokoju/-, odczepcie/odczep "
            "się, odpierdolcie się, odwalcie się ode_mnie, z listy proszę, rezygnuję z smsów/powiadomień/wiadomości/"
            "sms/przypomnień, żadnych więcej smsów/wiadomości, koniec z smsami/wiadomościami, stop smsom, nękanie"
        ),
        Meaning.NOT_STOP: (
            "nie przestawaj/przestawajcie/przestańcie/przestań, nie wypisuj/wypisujcie/wypisuję mnie/się/-, nie chcę "
            "się wypisać/wypisywać, nie usuwaj/usuwajcie, pod koniec, koniec tygodnia/miesiąca/maja/roku, na koniec, "
            "nie rezygnuję, wypisać receptę, wypisz receptę, wypisać mi/zwolnienie, wypisać mi receptę/zwolnienie, "
            "wypis ze szpitala, proszę wypisać receptę"
        ),
        Meaning.OUR_OWN_WORDS: (
            "odpowiedz/odpisz/wyślij/odpowiedź stop, stop aby/żeby zrezygnować/wypisać/zakończyć, rezygnacja z sms "
            "stop, stop koniec sms"
        ),
        Meaning.HELP: "pomoc, pomocy, pomóż, pomóżcie, informacja, informacje, proszę o pomoc",
        Meaning.WRONG_NUMBER: (
            "pomyłka, to pomyłka, zły numer, niewłaściwy numer, nieprawidłowy numer, błędny numer, pomylony numer, "
            "pomylił pan/- numer/numery, pomyliła pani/- numer/numery, pomylili/pomyliliście państwo/- numer/numery/"
            "się, niewłaściwa osoba, zła osoba, nie ten numer, to nie ten/mój/jego/jej numer, nie ta osoba, nie znam "
            "tej/takiej/tego osoby/człowieka, nie jestem tą osobą, nie jestem pacjentem/pacjentką, numery się "
            "pomyliły, pomylono numer/numery, to już nie jest jej/jego numer"
        ),
        Meaning.MACHINE: (
            "automatyczna odpowiedź, odpowiedź automatyczna, wiadomość automatyczna, automatyczna wiadomość, "
            "autoresponder, wygenerowana/wygenerowano automatycznie, wysłana/wysłano automatycznie, odpowiedź "
            "wygenerowana, autoodpowiedź"
        ),
        Meaning.AWAY: (
            "poza biurem, nieobecny w biurze, nieobecna w biurze, prowadzę samochód/auto, prowadzę teraz, jestem za "
            "kierownicą, odpiszę/odpowiem/oddzwonię później/po/gdy/jak/wkrótce, jestem na urlopie do, w trakcie jazdy"
        ),
        Meaning.AGREES: (
            "tak, tak tak, taak, dobrze, zgoda, zgadza się, oczywiście, jasne, pewnie, w porządku, pasuje, super "
            "pasuje, może być, spoko, oki, ok dobrze, zgadzam się, dobra, git, jak najbardziej, tak jest, tak "
            "proszę, odpowiada mi, pasuje mi, akceptuję"
        ),
        Meaning.COMING: (
            "potwierdzam, potwierdzone, potwierdzenie, potwierdzić, potwierdza, potwierdzamy, tak potwierdzam, "
            "potwierdzam wizytę/termin/obecność/moją_wizytę/przybycie/swoją_obecność, chcę potwierdzić, będę, "
            "będziemy, będę na wizycie/pewno/czas/miejscu, tak będę, tak będziemy, przyjdę, przyjdziemy, tak "
            "przyjdę, przyjadę, tak przyjadę, stawię się, do zobaczenia @/wtedy/-, do @, będę @, przyjdę @, widzimy "
            "się @/-, będę obecny/obecna, będę punktualnie, zjawię się"
        ),
        Meaning.NO: "nie, niee, nie dziękuję, niestety nie, nie niestety, nie dam_rady",
        Meaning.CANNOT: (
            "nie mogę/możemy/będę_mógł/będę_mogła/będziemy_mogli/dam_rady/damy_rady/zdołam przyjść/być/przyjechać/"
            "dotrzeć/stawić_się/się_stawić/się_pojawić/pojawić_się/-, niestety nie mogę/będę/dam_rady, nie mogę @ "
            "przyjść/być/-, nie będę mógł/mogła @/-, nie będę, nie będę na wizycie, nie będzie mnie, nie będziemy, "
            "nie przyjdę, nie przyjdziemy, nie przyjadę, nie dotrę, nie zdążę, nie stawię się, nie pojawię się, nie "
            "uda mi się przyjść/dotrzeć/być/-, nie jestem w stanie przyjść/być/dotrzeć, niestety nie przyjdę, nie "
            "mogę w tym dniu, nie pasuje mi, nie mam jak przyjechać/dotrzeć"
        ),
        Meaning.CANCEL_VISIT: (
            "odwołuję, odwołać, odwołaj, odwołajcie, odwołanie, anuluję, anulować, anuluj, anulujcie, chcę/chciałbym/"
            "chciałabym/muszę/proszę/chcemy/musimy odwołać/anulować/zrezygnować, proszę o odwołanie/anulowanie, "
            "rezygnuję z wizyty/terminu, zrezygnować z wizyty, rezygnuję z tej wizyty, odwołuję moją/- wizytę/termin"
        ),
        Meaning.MOVE: (
            "przełożyć, przełóż, przełóżcie, przesunąć, przesuń, przesuńcie, zmienić, zmiana, zmiana terminu, inny "
            "termin, innym terminie, inny dzień, innym dniu, inna godzina, inną godzinę, innej godzinie, na inny, "
            "nowy termin, proszę o przełożenie/przesunięcie/zmianę/inny_termin/nowy_termin, zmienić termin/godzinę/"
            "datę/dzień, czy można/możemy/mogę/możliwe/dałoby_się/da_się przełożyć/przesunąć/zmienić/przyjść/jest #/"
            "@/o_#/w_@/później/wcześniej/termin/wizytę/-, czy może być/- o/w/- #/@, czy jest możliwość przełożenia/"
            "zmiany/przesunięcia, w przyszłym tygodniu, w następnym tygodniu, później tego dnia, wcześniejszy/"
            "późniejszy termin, wolałbym/wolałabym/wolę w/o/- @/#, lepiej w/o/- @/#, a może o/w @/#, o # zamiast, "
            "zamiast tego #/@, @ zamiast @, # zamiast #, czy są inne/wolne terminy, inne terminy, czy macie/mają/"
            "ma_pan/ma_pani/jest coś/termin/inny później/wcześniej/w/termin @/-, przełożenie wizyty, umówić się na "
            "inny"
        ),
        Meaning.DAY: "o/na #, w/we/na @, @ o #",
        Meaning.REASON: (
            "bo, ponieważ, gdyż, jestem chory/chora/w_pracy/na_urlopie/przeziębiony/przeziębiona, chory, chora, "
            "choroba, mam gorączkę/grypę/covid/pracę/spotkanie/dyżur, moje/mój/moja dziecko/syn/córka/mąż/żona/mama/"
            "tata jest chore/chory/chora, pracuję, praca, wypadło mi coś, coś mi wypadło, coś wypadło, z powodu "
            "choroby/pracy/wyjazdu, wyjeżdżam, wyjazd, nagły wypadek, w tym dniu, o tej godzinie, niestety, w pracy"
        ),
        Meaning.POLITE: (
            "proszę, dziękuję, dziękuje, dzięki, dziękuję bardzo, bardzo dziękuję, dziękujemy, dzień dobry, dobry "
            "wieczór, witam, cześć, hej, przepraszam, bardzo przepraszam, przykro mi, pani, pan, pani doktor, panie "
            "doktorze, doktorze, pozdrawiam, z poważaniem, miłego dnia, do widzenia, dziękuję za przypomnienie/"
            "wiadomość/informację, dzięki za przypomnienie/info, i, super, świetnie, rozumiem, zrozumiałem, "
            "zrozumiałam, przyjąłem, przyjęłam, otrzymałem, otrzymałam, serdecznie, pozdrawiam serdecznie, państwo, "
            "wizytę, na wizycie, na wizytę, moją, tę"
        ),
        Meaning.REQUEST: (
            "czy można/możecie/mogą_państwo/może_pan/może_pani/mogliby_państwo/mógłby_pan/mogłaby_pani/mogę, czy "
            "mogę prosić o"
        ),
        Meaning.DOUBT: (
            "może, być może, nie wiem, jeszcze nie wiem, nie jestem pewien/pewna, nie ma sprawy/problemu, żaden "
            "problem, nigdy, jeśli, jeżeli, chyba, kto to/pisze/to_jest, nie odwołuję/odwołuj/odwołujcie/odwołać/"
            "anuluj/anulować/przekładaj/przekładajcie/zmieniać/zmieniaj/zmieniam/potwierdzam/przekładam/przekładać, "
            "nie chcę odwołać/odwoływać/zmieniać/przekładać/zmienić/przełożyć, proszę nie odwoływać/zmieniać/"
            "przekładać, nie trzeba zmieniać/przekładać/odwoływać, nie trzeba, nie mogę przełożyć/potwierdzić/"
            "odwołać/zmienić/doczekać/rozmawiać/znaleźć/otworzyć/teraz, dlaczego, już odwołałem/odwołałam/"
            "przełożyłem/przełożyłam, nie mogę się doczekać/dodzwonić, nie będę przekładać/odwoływać/zmieniać/"
            "rozmawiać"
        ),
        Meaning.GLUE: (
            "chcę, to, tego, już, mnie, mi, te, z, tym, się, wreszcie, natychmiast, teraz, mówiłem, mówiłam, pisałem"
        ),
    },
    frames=(
        Frame(
            meaning=Meaning.OPT_OUT,
            openers=(
                "nie chcę/życzę_sobie/zgadzam_się_na/zamawiałem/zamawiałam/potrzebuję/wyrażam_zgody_na, żadnych/bez/"
                "koniec/dość/stop/dosyć, rezygnuję/wypisz/wypisać/zrezygnować/wypisuję mnie/się/- z/ze, przestań/"
                "przestańcie/przestać, anuluj/anulować/wyłącz/wyłączcie/wyłączyć/zakończ/zatrzymaj, nie wysyłaj/"
                "wysyłajcie/wysyłać/przysyłajcie"
            ),
            between=_BESIDE_MESSAGES,
            closers=_MESSAGES,
        ),
        Frame(
            meaning=Meaning.CANCEL_VISIT,
            openers="odwołać/odwołuję/odwołaj/odwołajcie/anulować/anuluję/anuluj/odwołanie/anulowanie",
            between=(
                "moją, mojej, tę, tej, naszą, jutrzejszą, dzisiejszą, w, o, na, #, @, do, mój, swoją, jutrzejszej"
            ),
            closers="wizytę/wizyty/termin/rezerwację/spotkanie/konsultację/@",
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers="przełożyć/przesunąć/zmienić/przełożenie/przesunięcie/zmianę/przełóżcie/przesuńcie",
            between=(
                "moją, mojej, tę, tej, naszą, jutrzejszą, dzisiejszą, w, o, na, #, @, termin, terminu, godzinę, mój, "
                "wizyty"
            ),
            closers=(
                "wizytę/wizyty/termin/terminu/godzinę/godziny/dzień/@/#, inny termin/dzień, inną godzinę, później, "
                "wcześniej, przyszły tydzień"
            ),
        ),
    ),
    days=(
        "poniedziałek, wtorek, środa, środę, czwartek, piątek, sobota, sobotę, niedziela, niedzielę, jutro, jutra, "
        "dziś, dzisiaj, rano, wieczorem, popołudniu, pojutrze"
    ),
    near_days="jutro, jutra, dziś, dzisiaj",
)
"""
Source:
    The everyday phrases are ours, among them translations of the words of 47 CFR 64.1200(a)(10).
"""
