"""French replies."""

from typing import Final

from kept.core.reply_words.shape import Frame, Meaning, ReplyWords

_MESSAGES: Final = (
    "message, messages, sms, texto, textos, rappels, rappel, notifications, alertes, textos automatiques, "
    "abonnement, spam, spams, mails, courriels, pub, pubs"
)
_BESIDE_MESSAGES: Final = (
    "de, les, des, ces, vos, tes, cet, le, la, tous, tout, toutes, ce, recevoir, menvoyer, denvoyer, envoyer, envoi, "
    "lenvoi, vous, plus, aucun, aucuns, ce, cette, votre, automatiques, tant, avec, me, ma, mes, daucun, à, autres, "
    "dautres, davoir, être, pas, par, svp, mon, numéro"
)

FRENCH: Final = ReplyWords(
    language="fr",
    phrases={
        Meaning.STOP: (
            "arrêt, arrêté, arrete, arrett, arrêtez, arrêter, désabonner, désinscrire, désinscription, stoppez, stopper"
        ),
        Meaning.OPT_OUT_ALONE: (
            "fin, finir, terminer, annuler abonnement, assez, ça suffit, suffit, désabonne, désinscris, plus de "
            "messages, retirer, supprimer, foutez le camp, dégagez, résilier, plus rien, stop svp, ne pas déranger, "
            "pas de messages"
        ),
        Meaning.OPT_OUT: (
            "désabonner, désabonnez moi, désabonnez, désabonnement, me désabonner, désinscrire, désinscrivez, "
            "désinscription, me désinscrire, désabonne moi, désinscris moi, ne mécrivez/mécris/menvoyez/menvoie/"
            "menvoies/mappelez/me_contactez/me_contacte/me_contactes/me_dérangez/me_textez plus/pas/jamais, ne plus/"
            "pas mécrire/menvoyer/me_contacter/me_déranger/recevoir, mécrivez/mécris/menvoyez/contactez/textez plus/"
            "pas, arrêtez/arrête/arrêter/cesser/darrêter/cessez/cesse de/- mécrire/menvoyer/me_contacter/"
            "menvoyer_des/me_harceler/"
            "me_déranger/me_spammer/denvoyer/décrire/de_menvoyer/de_mécrire, veux/souhaite/désire plus recevoir/"
            "être_contacté/être_contactée/être_dérangé/de, retirez/enlevez/supprimez/effacez/retire/enlève/supprime/"
            "efface moi/mon/mes/ce de/numéro/coordonnées/-, laissez/laisse moi tranquille/en_paix, foutez/fichez/"
            "fous moi la paix, allez vous faire foutre, plus de messages/sms/textos/rappels, plus aucun message/sms/"
            "texto, stop aux/les/aux_sms/sms/messages/pub, me désinscrire/désabonner, je me désabonne/désinscris, je "
            "retire/révoque mon consentement, retrait de/- consentement, harcèlement, arrêtez ça/cela/tout/"
            "immédiatement/maintenant/les/vos/ces/svp, me retirer/supprimer/effacer/enlever/rayer de/des, ne pas/"
            "plus me contacter/déranger, lâchez moi, opposition aux/à"
        ),
        Meaning.NOT_STOP: (
            "narrêtez/narrête pas, arrêt maladie/de_travail/de_bus/du_bus/de_tram, en arrêt, à larrêt, sans arrêt, "
            "ne pas arrêter, pas arrêter, fin de/du/des, en fin de, la fin, à la fin, fin daprès midi, ne me "
            "supprimez/retirez pas, ne me désabonnez/désinscrivez pas, ne supprimez/retirez pas, je ne veux pas me "
            "désabonner/désinscrire, pas me désabonner/désinscrire, arrêtez vous, arrêté de travail"
        ),
        Meaning.OUR_OWN_WORDS: (
            "répondez/envoyez/tapez/répondre/envoyer stop/arrêt/arret, stop/arrêt pour ne/vous/se/annuler/arrêter, "
            "répondez/envoyez stop/arrêt pour ne plus recevoir, stop/arrêt pour ne plus recevoir, stop pour ne plus "
            "recevoir de/des messages/sms, désinscription stop, fin des sms stop"
        ),
        Meaning.HELP: "aide, aidez moi, à laide, infos, renseignements",
        Meaning.WRONG_NUMBER: (
            "mauvais numéro, faux numéro, erreur de numéro, mauvaise personne, vous vous trompez, vous vous êtes "
            "trompé/trompés/trompée, vous faites erreur, tu te trompes, ce nest pas/plus le/son/mon bon/- numéro, "
            "cest pas le bon numéro, pas le bon numéro, pas la bonne personne, ce nest pas moi, je ne connais pas "
            "cette personne, numéro erroné, erreur de destinataire, vous avez le mauvais numéro/destinataire, "
            "trompé/trompez de numéro/"
            "personne, nest plus/pas le bon numéro"
        ),
        Meaning.MACHINE: (
            "réponse automatique, message automatique, répondeur automatique, ceci est une réponse automatique, "
            "généré automatiquement, envoyé automatiquement, mode conduite, message dabsence"
        ),
        Meaning.AWAY: (
            "absent du bureau, absente du bureau, je conduis, en conduisant, en train de conduire, au volant, je "
            "vous répondrai/rappelle/rappellerai dès/à_mon_retour/plus_tard, à mon retour, actuellement absent/"
            "absente, en congé jusquau, en vacances jusquau"
        ),
        Meaning.AGREES: (
            "oui, ouais, ui, oui oui, daccord, dac, entendu, très bien, bien sûr, parfait, ça marche, ça me va, ok "
            "pour moi, cest bon, cest bon pour moi, cest ok, volontiers, certainement, absolument, tout à fait, oui "
            "madame/monsieur, cest noté, oui bien sûr, ça va, pas de souci pour moi, oui cest bon"
        ),
        Meaning.COMING: (
            "confirmer, confirme, confirmé, confirmée, confirmation, je/- confirme ma/mon/le/notre présence/rdv/"
            "rendez_vous/venue, je confirme, jeconfirme, nous confirmons, rdv/rendez_vous confirmé, oui je confirme, "
            "oui confirmé, je serai là/présent/présente/au_rendez_vous/au_rdv, je serais là/présent/présente, jy "
            "serai, jy serais, jy sera, nous serons là/présents, on sera là, on y sera, nous y serons, je viens, je "
            "viendrai, nous viendrons, je viens bien, à @, à demain, à tout à lheure, à bientôt, je peux venir, je "
            "maintiens mon/le rdv/rendez_vous, présent, présente, comptez sur moi, jaccepte, je serai bien là/"
            "présent/présente, oui je viens/viendrai/serai_là, sans faute, à @ sans_faute/alors"
        ),
        Meaning.NO: "non, nan, non merci, non désolé/désolée, négatif, non pas_possible",
        Meaning.CANNOT: (
            "je/nous/- ne/- peux/pourrai/pourrais/pouvons/pourrons pas/plus venir/être_là/être_présent/être_présente/"
            "assister/y_aller/y_être/me_déplacer/me_rendre_au_rdv/me_rendre_au_rendez_vous/venir_au_rdv/"
            "venir_au_rendez_vous/honorer_le_rdv/honorer_mon_rdv/honorer_mon_rendez_vous/-, je ne peux/pourrai pas "
            "@, je/- ne/- viens/viendrai/serai pas/pas_là, nous ne viendrons pas, je ne serai pas là/présent/"
            "présente/disponible, je suis/serai indisponible, pas disponible, je ne suis pas disponible/là/libre, "
            "impossible de venir, impossible, je suis dans limpossibilité de venir, empêché, empêchée, je suis "
            "empêché/empêchée, je ne pourrai malheureusement pas venir/-, jai un empêchement, un empêchement, on ne "
            "peut/pourra pas venir, peux pas, peux pas venir"
        ),
        Meaning.CANCEL_VISIT: (
            "annuler, annule, annulez, annulé, annulation, je/nous/- veux/voudrais/souhaite/dois/souhaiterais/désire "
            "annuler, jannule, je préfère annuler, annulez le/svp, à annuler, merci dannuler, besoin dannuler, "
            "jaimerais annuler, obligé/obligée dannuler, veuillez annuler, je nai plus besoin du rdv/rendez_vous"
        ),
        Meaning.MOVE: (
            "changer, déplacer, reporter, décaler, reprogrammer, replanifier, report, repousser, avancer le rdv/"
            "rendez_vous, changer de/d/- jour/heure/date/horaire, changer dheure, changer dhoraire, autre jour/date/"
            "heure/horaire/créneau/rdv/rendez_vous, une autre date/heure, un autre jour/rdv/rendez_vous/créneau/"
            "moment, plus tard/tôt, peut on/- déplacer/décaler/changer/reporter/repousser/mettre, pouvez vous "
            "déplacer/décaler/changer/reporter/repousser/le_déplacer/le_décaler/le_reporter, est/serait il possible "
            "de déplacer/décaler/changer/reporter/venir/repousser/modifier, possible de déplacer/décaler/changer/"
            "reporter/repousser/modifier, je/- veux/voudrais/souhaite/souhaiterais/préfère/dois/préférerais/aimerais "
            "déplacer/décaler/changer/reporter/repousser/modifier/venir, jaimerais déplacer/décaler/changer/reporter/"
            "repousser/modifier, à # à_la_place/plutôt, plutôt à/vers/le/- #/@, @ à_la_place/plutôt, la semaine "
            "prochaine, semaine prochaine plutôt/possible/svp/-, à # cest possible, # cest_possible/est_possible/"
            "serait_possible, avez vous autre_chose/un_autre/une_autre/dautres/quelque_chose, dautres créneaux/"
            "disponibilités/horaires/dates, est ce possible à/le/- #/@, possible à/le/- #/@, nouveau rdv/rendez_vous/"
            "créneau, nouvelle date, reporté/déplacé/décalé svp, remettre à, reprendre rdv/rendez_vous, reprendre un "
            "rdv/rendez_vous"
        ),
        Meaning.DAY: "à/de/pour #, le/pour/de @, @ à #",
        Meaning.REASON: (
            "car, parce que, je suis malade/au_travail/en_vacances/en_déplacement/souffrant/souffrante, malade, mon/"
            "ma fils/fille/enfant/mari/femme/mère/père est malade/hospitalisé/hospitalisée, jai la grippe/covid/"
            "de_la_fièvre, jai un imprévu/une_urgence/une_réunion, un imprévu, urgence, je travaille, ce jour là, à "
            "cette heure, à cause de/du, le travail, malheureusement, la grippe, problème de voiture, pour raisons "
            "personnelles"
        ),
        Meaning.POLITE: (
            "sil vous plaît, sil te plaît, svp, stp, merci, merci beaucoup, merci bien, un grand merci, bonjour, "
            "bonsoir, salut, madame, monsieur, docteur, désolé, désolée, pardon, excusez moi, veuillez mexcuser, "
            "toutes mes excuses, je suis désolé/désolée, mes excuses, cordialement, bien cordialement, bonne journée/"
            "soirée/fin_de_journée, bien à vous, merci pour le/votre rappel/message, merci du rappel, merci de votre "
            "message, merci davance, et, super, noté, bien reçu, reçu, alors, au_rdv, au rendez vous, pour le rdv/"
            "rendez_vous, pour mon rdv/rendez_vous"
        ),
        Meaning.REQUEST: (
            "pouvez/pourriez vous, est il possible de, peux tu, peut on, serait il possible de, est ce possible de"
        ),
        Meaning.DOUBT: (
            "peut être, peutêtre, je ne sais pas, je sais pas, jsais pas, pas sûr, pas sûre, pas de problème, pas de "
            "souci, pas de soucis, aucun problème, sans problème, ne, pas, jamais, si, sauf, qui êtes vous, qui est "
            "ce, cest qui, nannulez pas, ne pas annuler/changer/déplacer/reporter/confirmer, ne veux/souhaite pas "
            "annuler/changer/déplacer/reporter, je ne confirme pas, ne confirme pas, pas annuler, pas besoin de "
            "déplacer/changer/annuler/reporter, ne déplacez/changez/reportez/décalez pas, déjà annulé/changé/"
            "confirmé/reporté, je ne peux/pourrai pas confirmer/annuler/déplacer/attendre/changer/reporter/décaler, "
            "je ne lai pas, pourquoi, je ne peux pas répondre/parler/lire/ouvrir/voir/croire"
        ),
        Meaning.GLUE: (
            "je, veux, ça, ce, tout, de, suite, maintenant, les, dis, ai, dit, vous, ces, le, des, demande, "
            "immédiatement"
        ),
    },
    frames=(
        Frame(
            meaning=Meaning.OPT_OUT,
            openers=(
                "arrêtez/arrête/arrêter/cesser/darrêter/de_cesser/cessez/cesse/stoppez/stop/stopper/supprimez/"
                "désactivez/arret/suspendez, "
                "assez/marre de, plus aucun/aucuns, veux/souhaite/désire/voudrais plus, veux/souhaite/désire aucun/"
                "pas, ne menvoyez/menvoie/menvoyer/envoyez plus/pas/aucun, menvoyez plus, plus de, ai pas demandé, "
                "nai pas demandé/autorisé/souscrit, pas intéressé/intéressée par, annulez/annuler/résilier mon/les/"
                "ces"
            ),
            between=_BESIDE_MESSAGES,
            closers=_MESSAGES,
        ),
        Frame(
            meaning=Meaning.CANCEL_VISIT,
            openers=(
                "je/nous/- souhaite/souhaiterais/veux/voudrais/dois/désire/préfère/- annuler, annule/annulez/"
                "annulation/jannule/dannuler/supprimer/annulons"
            ),
            between=(
                "mon, le, ce, notre, de, du, la, ma, ce, #, @, à, prochain, cette, chez, pour, votre, médical, mes, les"
            ),
            closers="rdv/rendez_vous/rendezvous/consultation/visite/réservation/séance/@",
        ),
        Frame(
            meaning=Meaning.MOVE,
            openers=(
                "changer/déplacer/reporter/décaler/repousser/avancer/modifier/déplacez/décalez/reportez/changez/déplace"
            ),
            between="mon, le, ce, notre, de, du, la, ma, #, @, à, cette, votre, lheure, heure, date, horaire, jour",
            closers="rdv/rendez_vous/rendezvous/consultation/visite/date/heure/jour/horaire/@/#/lheure/séance",
        ),
    ),
    days=("lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche, demain, aujourdhui, matin, soir, midi"),
    near_days="demain, aujourdhui",
)
"""
Source:
    ARRET: AWS End User Messaging SMS user guide, "Required opt-out keywords"; Twilio, "Opt-out keywords" of Proxy
    (ARRETT, ARRET, ARRETE). The everyday phrases are ours, among them translations of the words of 47 CFR
    64.1200(a)(10).
"""
