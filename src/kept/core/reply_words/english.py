"""English replies."""

from typing import Final

from kept.core.reply_words.shape import Frame, Meaning, ReplyWords

_MESSAGES: Final = (
    "text/txt/sms/phone/- texts/messages/msgs/txts/smses/notifications/alerts/reminders/reminder/communications/"
    "emails, sms, communication, correspondence, text/txt messaging, text messages/msgs, texting, spam, spamming, "
    "messaging, contacting/bothering/"
    "harassing me, harassment, subscription, notification, robotexts, robocalls, autotexts, text message "
    "reminders, text me/us, crap, bullshit"
)
_BESIDE_MESSAGES: Final = (
    "all, of, with, these, those, the, this, that, them, any, more, future, further, your, ur, my, me, us, sending, "
    "getting, receiving, damn, annoying, stupid, fucking, automated, automatic, constant, daily, appointment, appt, "
    "text, sms, phone, from, to, a, unwanted, bloody, endless, get, receive, send, be, anymore, any, you, for, its, "
    "no, other, and, ridiculous, unsolicited, goddamn, email, reminder, calls, calling"
)
_VISITS: Final = (
    "appointment/appointments/appt/appts/apt/apts/apointment/appointmnt/visit/visits/booking/reservation/session/"
    "checkup/slot"
)
_BESIDE_VISITS: Final = (
    "my, the, this, our, that, all, #, @, tomorrows, todays, dental, doctor, doctors, dr, upcoming, next, at, for, "
    "on, am, pm, a, mine, his, her, their, sons, daughters, moms, dads, husbands, wifes, both"
)

ENGLISH: Final = ReplyWords(
    language="en",
    phrases={
        Meaning.STOP: (
            "stop all, stpo, sotp, tsop, st0p, stoip, stiop, sttop, stopo, "
            "stop1, unsuscribe, unsubcribe, unsubscibe, unsubsribe, unsubscribed, stopped/stops please, stoop, stpp, "
            "sstop, syop, srop, dtop"
        ),
        Meaning.OPT_OUT_ALONE: (
            "end, quit, revoke, remove, cease, desist, exit, delete, spam, no/- more, enough, thats enough, go away, "
            "shut up, no messages, no more messages, remove/delete/block number, dont/do_not call me/us, take me "
            "off, do not disturb/contact, dont contact, reply/text/send/type stop, do not reply, get off my phone, "
            "no contact, block, quit/knock it, knock it off, cut it out"
        ),
        Meaning.OPT_OUT: (
            "opt out, opt me/us/this_number out, opting out, opted out, optingout, unsubscribe, unsub, un subscribe, "
            "unsubscribe/desubscribe me/us, unsubscribing, desubscribe, optout, stopall, stop/quit/cease bugging/"
            "pestering/annoying/badgering/texting/messaging/contacting/emailing/sending me, stop/stp texting/"
            "txting/messaging/contacting/calling/spamming/bothering/harassing/sending/emailing/writing/msging, "
            "stop blowing "
            "up my phone, stop with the/this/these/your, stop at once, stop for good, stop and desist, stop_texting/"
            "stop_messaging, stop this service, stop messages/texts/sms/reminders/notifications, cease and desist, "
            "dont/do_not/never/donot text/txt/message/msg/sms/contact/email me/us/here/again/anymore, dont/do_not/"
            "never/donot text/txt/message/msg/sms/contact/call/email/bother this number/phone, dont/do_not/never/"
            "donot ever text/txt/message/msg/contact/call me/us, dont/do_not/never/donot call/bother me/us again/"
            "anymore/ever/any_more, do not ever contact, dont/do_not/never/donot bother/harass/spam/disturb me/us, "
            "never contact, not text me, dont/do_not/donot send me/us/- any_more/anymore/more, be removed/"
            "unsubscribed/deleted/opted_out, be taken off, not to be texted/contacted/messaged, remove me/us/"
            "my_number/his_number/her_number/our_number/this_number/"
            "my_phone/my_name/my_cell, delete/erase/block me/us/my_number/this_number/my_phone_number/my_info, take "
            "me/us/my_number/this_number/my_name off/from/out_of your/the/this/that/of/all/ur/my, get me/my_number "
            "off your/the/this/ur, drop me from, leave me/us alone, lose my/this number, i/- revoke/withdraw/"
            "withdrawing/revoking/rescind my/- consent/permission/authorization, no consent, did_not/didnt/never "
            "consent, no texts/texting/sms/txts, no text/txt/- messages/msgs/texts please, no text/txt messages/"
            "msgs, quit it with, fuck off, fuck you, piss off, f off, go to hell, "
            "get lost, this is harassment/spam, your/ur spam, reported/reporting/report as/this_as spam, report you, "
            "unsolicited, i/- said/told_you/asked_you/texted/replied/typed/wrote/sent/already_said to/- stop, i text/"
            "reply/say stop, why are you/u still/- texting/messaging/contacting me/us, quit texting/messaging/"
            "contacting/bothering/sending, how do/can i stop this/these/it/getting/receiving, how to stop this/these/"
            "it, make it/this stop, no longer wish/want to be contacted/texted/messaged, wish/want/like not to "
            "receive, off your list, stop or i will, please stop, i want off, get off my, disable/deactivate texts/"
            "messages/notifications/sms"
        ),
        Meaning.NOT_STOP: (
            "dont/do_not/never/cant/cannot/can_not/didnt/did_not/wont/will_not/not/couldnt stop/unsubscribe/opt_out/"
            "remove_me/quit/unsub, dont/do_not/didnt/did_not/never/not want/wish/mean/like/trying/going/intend/meant "
            "to stop/unsubscribe/opt_out/quit, dont/do_not/didnt please stop, please/- dont/do_not unsubscribe/"
            "remove me, not want/asking/trying you/- to stop, never opt/opted out, not opt/opted/opting out, rather "
            "not stop, dont/do_not opt me out, please/- stop by/in/at/over/off/on/being/worrying/smoking/drinking/"
            "eating/taking/using/breastfeeding/crying/laughing/thinking/and_see/and_get/and_pick/and_say/for_gas/"
            "for_coffee/for_a/for_lunch/the_medication/my_medication/my_meds/the_meds/the_pills/the_antibiotics/"
            "my_pills/there/here/to_get/to_pick/making_me/wearing/working/early/me_if, please stop by/in/at/over, "
            "bus/train/tram/metro/subway/pit/rest/next/last/first/one/full/non/my/short/quick/truck/shuttle/gas "
            "stop, stop sign/signs, non stop, nonstop, a/the/to/will/can/could/should/may/must/ill/i/we stop by/in/"
            "at/over/off/for, "
            "the stop, if i stop, should i stop/quit, can i stop, do i stop, when/where do/can/should i stop, not "
            "spam, wasnt/isnt spam, is this/it spam/a_scam/scam, is this a scam, no scam, thought this/it was spam/"
            "a_scam, do_not_disturb while driving, do not disturb turned on, remove me from the schedule/calendar/"
            "waitlist/waiting_list/wait_list, not remove, got/received/see/saw/have no texts, no texts yet, quit "
            "smoking/drinking/my_job/vaping, stop it some/more, dont/do_not call me text/just_text/please_text/txt, "
            "end of/on/at/around/by, in the end, the end of, weekend"
        ),
        Meaning.OUR_OWN_WORDS: (
            "reply/text/send/type/- stop to opt_out/end/unsubscribe/quit/cancel/stop/be_removed, reply/text/send/"
            "type stop anytime/at_any_time to opt_out/end/unsubscribe"
        ),
        Meaning.CANCEL: "cancel, cancle, cancell, cancal, cansel, cxl, canel",
        Meaning.OPT_IN: "start, unstop",
        Meaning.HELP: "help, info, help me, information, halp",
        Meaning.WRONG_NUMBER: (
            "wrong number/person/phone/num/nbr/no/contact/guy/lady/girl/patient, wrongnumber, wrong nmber, have/got/"
            "texted/texting the wrong number/person, incorrect number, not my number, not the right number/person, "
            "not the person you/your, no one/body by/with that/this name, nobody/noone by/with that/this name, "
            "nobody here by, no such person, not me you are looking, this is not/no_longer/isnt his/her/their/"
            "the_right number/phone/cell, no_longer/not his/her/their number/phone, no longer at this number, not at "
            "this number, this number no longer belongs, number has changed owners, new owner of this number, i just "
            "got this number, i have a new number, this is a new number, dont/do_not know who this/that is for, "
            "texted/texting/messaged/messaging the wrong number/person/phone, not your patient, im not a patient, "
            "i am not a patient, dont/do_not know any/a/this/that person, mistaken number"
        ),
        Meaning.MACHINE: (
            "when i get where im going, automatic/automated/auto/automatically reply/response/message/answer/"
            "generated/text/responder/replies, "
            "autoreply, autoresponse, autoresponder, auto replied, sent automatically, automatically sent, do not "
            "disturb while driving, ill see your message when, i will see your message when, driving mode, driving "
            "focus, will see your notification/message when, has notifications silenced, mailbox/inbox is not "
            "monitored/full, this number/mailbox/inbox does not accept/receive, this number is not monitored, unable "
            "to receive text/messages, message blocking is active, away message, vacation responder, undeliverable, "
            "delivery has failed, can not/cannot receive texts"
        ),
        Meaning.AWAY: (
            "out of office, out of the office, ooo, driving, im/i_am driving, driving now/right_now, away from my "
            "phone/desk/computer, limited access to email, get back to you when, will reply later/soon/when, ill "
            "reply later/soon/when, will get back to you, ill get back to you, will respond later/when/as_soon, "
            "currently unavailable/away/driving, on annual leave, on leave until, on vacation until"
        ),
        Meaning.AGREES: (
            "yes, y, yeah, yep, yup, yess, yea, yas, yus, yeh, yes sir/maam/mam, yes i will/can/am/do, yes we will/"
            "can/are, sure, sure thing, okay dokey, okie dokie, all right, alright, aight, sounds/sound good/great/"
            "perfect/fine/like_a_plan, sg, thats/that_is fine/good/great/perfect/ok/okay, works, works for me/us, "
            "that/it works for/- me/us/-, will do, absolutely, definitely, of course, affirmative, certainly, "
            "perfect, fine, fine by me, that time works, for sure, you bet, thumbs up, agreed, roger, i will, we "
            "will, indeed, yes yes, yes indeed, correct, totally"
        ),
        Meaning.COMING: (
            "confirm, confirmed, confirming, confirms, conf, cofirm, comfirm, confrim, confirn, comfirmed, confirmd, "
            "confrimed, i/we/- can/will confirm, i/we/to confirm, i/we confirm my/the/our/this appointment/appt/"
            "visit, i/we/- have confirmed, please confirm me/us, "
            "confirm my/the/this appointment/appt/visit, appointment/appt confirmed, confirming my/the/our "
            "appointment/appt/visit, yes confirm/confirmed, its confirmed, this is confirmed, i/we/- can/will "
            "make_it/make_the_appointment/make_my_appointment, ill/i_will/well/we_will/will/shall/gonna/going_to be "
            "there, i/we plan to be there, i/we plan on coming/it, see/c/cu/seeing you/u/ya/yall then/there/soon, "
            "see you all then/there, see you both then/there, see yall then, cya then, be there, be there then, i am/"
            "- coming, im coming/going, i_am/we_are/were coming/going, coming, i/we can/will come/attend/be_there, i/"
            "we will attend, attending, i_am/im attending, count me/us in, see you @, see you on @, see you @ then, "
            "ill/i_will/well/we_will/will be there @/on_@, ill/we_will/well/i_will see you then/there/@, i/we "
            "accept, accepted, i still plan/intend to come/be_there/attend, still coming, im/i_am still coming, "
            "wouldnt miss it, wont miss it, i got it confirmed, keep my/the appointment/appt, keeping my/the "
            "appointment/appt, i will keep my/the appointment/appt, ill keep it, i/we will be at/on my/the "
            "appointment/appt, ill be at my appointment/appt"
        ),
        Meaning.NO: ("nope, nah, n, nop, negative, no way, no sir/maam, noo, no thank you, no thanks"),
        Meaning.CANNOT: (
            "i/we/- cant/cannot/can_not/couldnt/wont/will_not/wont_be_able_to/will_not_be_able_to/am_not_able_to/"
            "not_able_to/unable_to/am_unable_to/are_unable_to/not_going_to/not_gonna/wont_able_to/are_not_able_to/"
            "no_longer_able_to come/make_it/attend/be_there/make_my_appointment/make_my_appt/make_the_appointment/"
            "make_the_appt/make_this_appointment/make_our_appointment/make_that/make_this/keep_my_appointment/"
            "keep_my_appt/keep_the_appointment/go/stop_by/stop_in/do_it/make_it_in/come_in/make_it_there/get_there/"
            "attend_my_appointment/attend_the_appointment/come_to_my_appointment/come_to_the_appointment/"
            "make_that_day, i/we/- cant/cannot, i/we wont, im unable/not_able/not_going to come/make_it/attend/go/"
            "be_there/keep_it, i am not coming/going/attending/available/free, im not coming/going/attending/"
            "available/free/gonna_make_it/going_to_make_it, we are not coming/going, not coming/attending/going/"
            "available/gonna_make_it/going_to_make_it/gonna_be_able_to_make_it, wont be coming/attending/going/there/"
            "able/in, i/we/- will not be coming/attending/going/there/able, i will/have_to/must/gotta/am_going_to/"
            "need_to miss/skip my/the/this/- appointment/appt/it/-, have_to/gotta/going_to/will miss my/the/this "
            "appointment/appt, ill have to miss/skip it/my_appointment/my_appt/this_one, no can do, cant today/"
            "tomorrow, unable to, i cannot do @/that/this, cant do it/that/this/@"
        ),
        Meaning.CANCEL_VISIT: (
            "i/we/id/- need/want/have/like/wish/got/must/would_like/going/am_going/ought to/- cancel, i/we gotta/"
            "must/should/will/wanna cancel, ill/im/id/gonna cancel/cancelling/canceling, have to cancel, cancel it/"
            "this/that, cancel for/on/at/the/my/our/- #/@, cancel @ #/at_#, cancel # @, i/we/- no_longer/dont/do_not "
            "need/want my/the/this/that/an appointment/appt/visit/checkup anymore/-, cancelling, canceling, have_to/"
            "need_to/want_to cancel @/for_@, give my/the/this spot/slot/appointment to, take me off the schedule/"
            "calendar, remove me from the schedule/calendar"
        ),
        Meaning.MOVE: (
            "r to/- change, "
            "reschedule, rescheduled/rescheduling please, re schedule, rescedule, reshedule, resched, reschedual, "
            "rescheduel, reschdule, rescheduling, rebook, postpone, re book, i_need/need/want/wish/like/have/"
            "would_like to reschedule/move/change/switch/postpone/push it/this/-, can/could/may/would/can_you/"
            "could_you/would_you/can_u/lets/please we/i/you/u/- move/change/switch/push/shift/bump it/this/that/mine/"
            "me/us, can/could i/we/you do it/this "
            "another/a_different/some_other day/time/week, move/change/switch/push/shift it/me/mine to/back/up/"
            "forward/until/by, different/another/better/new/later/earlier time/day/date/slot/appointment/week/"
            "appt, later/earlier in the day/week, later/earlier that/same day, @/#/next_week instead, instead on/at/"
            "- @/#, instead of @/#, @ at # instead, at # instead, on @ instead, is/are/would/will #/at_#/@_#/@_at_#/"
            "@/next_week ok/okay/available/possible/free/open/good/better/fine/work/alright/an_option/also_ok, how/"
            "what about/abt #/@/at_#/on_@/next_week/another_day/another_time, do/would you have anything/something/"
            "any_openings/openings/availability/any_slots/any_times/any_other_times/another_time/any_other_time/"
            "another_day/any_time/any_availability/other_times/a_slot earlier/later/else/on_@/@/next_week/after_#/"
            "before_#/-, any/some other times/time/days/day/slots, other times/time/day/days/slots, anything "
            "earlier/later/on_@/else/next_week, #/@/next_week "
            "works/work/is/would_be/would_work better/best, @/next_week would work/be, prefer #/@/a_different/"
            "another/later/earlier/the_afternoon/mornings, rather come/do/have/go @/#/later/earlier/next_week/"
            "another, next available, next opening, can i come earlier/later/sooner/@/on_@/at_#/next_week/"
            "another_day/another_time, i would like/love/prefer another/a_different/a_later/an_earlier, need/want "
            "another/a_different/a_new/a_later/an_earlier time/day/date/appointment/appt/slot, change my/the/our/"
            "this time/day/date, set/make/schedule another appointment/time/appt, delay, some other time/day, find "
            "another/a_different/a_new time/day/date, to reschedule"
        ),
        Meaning.DAY: "at/by/for/from #, on/for @, at # on/- @, @ at #",
        Meaning.REASON: (
            "because, since, as, bc, cuz, cause, due to, sick, ill, flu, covid, fever, a cold, not feeling well/good/"
            "great, unwell, at work, work, working, have to work, emergency, family emergency, in the hospital, car "
            "trouble, my car broke down, car broke down, no ride, no transportation, i have no ride, my son/daughter/"
            "kid/child/husband/wife/mom/mother/dad/father/baby/dog is/got sick/ill, my/our kids are sick, im/i_am/"
            "i_have/i_have_the/i_feel sick/ill/unwell/covid/flu/a_fever/a_cold, i/- got sick/covid/called_in/"
            "called_into_work, traveling, travelling, im out of town, out of town, on vacation, something came up, "
            "the weather, snow, conflict, a conflict, scheduling conflict, that day, at that time, anymore, after "
            "all, this time, feeling better, i feel better, unfortunately, a meeting, i have a meeting, i have to "
            "work, have work, stuck at work, a funeral, personal reasons"
        ),
        Meaning.POLITE: (
            "please, kindly, pls, plz, plse, pleas, thanks, thank you, thank u, thankyou, thx, thnx, tnx, ty, tks, "
            "thanks so/"
            "very much, thanks again, thank you so/very much, thank you for the/your reminder/text/message, thanks "
            "for the/your reminder/text/message/letting_me_know/reminding_me, thank you for reminding me, hi, hello, "
            "hey, dear, hi there, good morning/afternoon/evening/day, sorry, so sorry, im sorry, i am sorry, im so "
            "sorry, sorry about that, apologies, my apologies, doctor, dr, sir, maam, mam, doc, have a nice/good/"
            "great/lovely/wonderful/blessed day/one/evening/night/weekend, cheers, if possible, if thats ok/possible/"
            "okay, best, regards, best/kind regards, lol, haha, god bless, bless you, great, awesome, wonderful, "
            "good, cool, excellent, appreciate it, much appreciated, i appreciate it, for the reminder, the "
            "reminder, oh, ah, well, then, just, really, now, very much, so much, there, all, everyone, team, folks, "
            "guys, love it, yay, got it, received, hope you are well, take care, bye, too, also, and"
        ),
        Meaning.REQUEST: (
            "can/could/would/will you/u/someone/somebody please/-, would it be possible to, id like you to, i/- was/"
            "am/- wondering if, is it possible to, not sure if you could, if you/we can/could, if its possible to"
        ),
        Meaning.DOUBT: (
            "maybe, perhaps, not sure, unsure, no problem, no prob, np, no worries, no problems, not a problem, no "
            "issue, dont, do not, not, never, cant wait, cannot wait, cant, cannot, wont, will not, didnt, did you, "
            "why, who, if, unless, already, without, no need, might, i think, i guess, i dont know, idk, dunno, "
            "tentative, tentatively, hasnt, havent, isnt, arent, never mind, nevermind, nvm, who is this, no need to "
            "reschedule/cancel/change/move, dont/do_not/not/never/dont_want_to/do_not_want_to/not_want_to/cant/"
            "cannot/wont/didnt/did_not cancel/reschedule/move/change/confirm/postpone it/my_appointment/-, not "
            "cancelling/canceling/rescheduling, not to cancel/reschedule/move/change/confirm, i_cant/i_cannot cancel/"
            "reschedule/move/change/confirm, was my appointment rescheduled/cancelled/moved, has been rescheduled/"
            "moved, not the wrong number/person, not a wrong number, isnt the wrong number, no wait, change/changed "
            "my mind"
        ),
        Meaning.GLUE: (
            "i, you, u, want, wanted, need, to, this, it, make, can, just, must, have, all, now, them, these, that, "
            "already, told, said, asked, again, so, will, would, like, your, us, me, my, we, do, i_am, im, ok, "
            "immediately, right now, asap, at once, forever, permanently, plz, here, everything, for good, "
            "when, please, and, hey, ffs, omg, wtf, seriously, fucking, the fuck, damn, id, the, guys"
        ),
    },
    frames=(
        Frame(
            meaning=Meaning.OPT_OUT,
            openers=(
                "stop/stopping/quit/cease/end/cancel/halt/discontinue/suspend/unsubscribe/block/disable/mute, no "
                "more, turn/shut/switch off, enough of/with, sick/tired of, fed up with, opt/out of, opt out of/"
                "from, remove/take/delete me/us/my_number/this_number from/off, knock off, help me stop, fed up of, "
                "pause"
            ),
            between=_BESIDE_MESSAGES,
            closers=_MESSAGES,
        ),
        Frame(
            meaning=Meaning.OPT_OUT,
            openers=(
                "dont/do_not/never/no_longer/didnt/did_not/donot/not want/wanna/wish/need/like/consent/agree/asked/"
                "ask/"
                "sign/signed/agreed/gave_you_permission/give_you_permission/gave_permission/give_permission/care/"
                "appreciate/authorize/subscribe/subscribed/interested/enjoy/require, dont/do_not/"
                "never/donot send, no_longer/not interested in, rather not, prefer not, i want no, want no, refuse"
            ),
            between="up, in, on, about, " + _BESIDE_MESSAGES,
            closers="texted, contacted, messaged, spammed, " + _MESSAGES,
        ),
        Frame(
            meaning=Meaning.OPT_OUT,
            openers="remove/take/delete/drop/erase/scrub/pull",
            between=(
                "me, us, my, our, this, the, number, name, phone, info, contact, cell, information, please, from, "
                "off, of"
            ),
            closers=(
                "from/off/of/out_of your/the/this/all/ur/- list/lists/system/database/texts/contacts/records/"
                "distribution_list/mailing_list/text_list/messages/reminders, from list, off list"
            ),
        ),
        Frame(
            meaning=Meaning.CANCEL_VISIT,
            openers=(
                "cancel/cancelling/canceling/cancle/cancell/drop, call off, get rid of, i/we/id/- need/want/have/"
                "like/wish/got/must/would_like/going to cancel"
            ),
            between=_BESIDE_VISITS,
            closers=_VISITS,
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers="move/change/switch/push/shift/postpone/delay/adjust/swap/rebook/reschedule/modify/bump",
            between="time, date, day, back, of, up, " + _BESIDE_VISITS,
            closers="time/date/day, " + _VISITS,
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers=(
                "can/could/may/would we/i/you/u make_it/do/come/come_in/get/get_in/switch/move/change/go/try/have/book"
            ),
            between=(
                "at, on, for, after, before, around, by, to, in, the, a, it, this, me, please, something, anything"
            ),
            closers=(
                "#, @, next week, another/different/other day/time/slot/appointment, later, earlier, later in the day"
            ),
        ),
    ),
    days=(
        "monday, tuesday, wednesday, thursday, friday, saturday, sunday, mondays, tuesdays, wednesdays, thursdays, "
        "fridays, tues, weds, thurs, thur, fri, tomorrow, tmrw, tmr, tomorow, tommorow, tommorrow, tomorro, 2morrow, "
        "today, tonight, morning, afternoon, evening, noon, midday"
    ),
    near_days="tomorrow, tmrw, tmr, tomorow, tommorow, tommorrow, tomorro, 2morrow, today",
)
"""
Source:
    47 CFR 64.1200(a)(10): "stop", "quit", "end", "revoke", "opt out", "cancel" and "unsubscribe" end consent by
    themselves, other words when a reasonable person would take them so; AWS End User Messaging SMS user guide,
    "Required opt-out keywords" (ARRET, CANCEL, END, OPT-OUT, OPTOUT, QUIT, REMOVE, STOP, TD, UNSUBSCRIBE);
    Twilio, "Customize users' opt-in and opt-out experience" (STOP, UNSUBSCRIBE, END, QUIT, STOPALL, REVOKE, OPTOUT,
    CANCEL; START, UNSTOP; HELP, INFO); CTIA Messaging Principles and Best Practices (normal language such as "please
    opt me out"). The everyday phrases are ours.
"""
