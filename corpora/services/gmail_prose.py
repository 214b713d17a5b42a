"""What Gmail says in its notices, in the languages of its users.

Sources: a German notice of 2017 quoted in the tests of deltachat-core (two sentences of it); the
English ones in public issue threads (roundcube/roundcubemail#7990, forwardemail issues 48 to 62)
and in public repositories that quote them. Where no notice was at hand the
translation is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["LANGUAGES", "PROSE", "Prose"]


class Prose(NamedTuple):
    """The fixed words; `{to}` is the recipient, `{domain}` where the recipient lives."""

    unknown_title: str
    unknown: str
    blocked_title: str
    blocked: str
    other_title: str
    other: str
    late_title: str
    late: str
    more: str
    response: str
    remote: str
    alias: str
    settings: str


PROSE: Final[Mapping[str, Prose]] = {
    "en": Prose(
        "Address not found",
        "Your message wasn't delivered to {to} because the address couldn't be found, or is "
        "unable to receive mail.",
        "Message blocked",
        "Your message to {to} has been blocked. See technical details below for more information.",
        "Message not delivered",
        "There was a problem delivering your message to {to}. See the technical details below.",
        "Delivery incomplete",
        "There was a temporary problem delivering your message to {to}. Gmail will retry for {n} "
        "more hours. You'll be notified if the delivery fails permanently.",
        "Learn more here:",
        "The response was:",
        "The response from the remote server was:",
        "You're sending this from a different address or alias using the 'Send mail as' feature.",
        "The settings for your 'Send mail as' account are misconfigured or out of date. Check "
        "those settings and try resending.",
    ),
    "de": Prose(
        "Die Adresse wurde nicht gefunden",
        "Ihre Nachricht wurde nicht an {to} zugestellt, weil die Adresse nicht gefunden wurde "
        "oder keine E-Mails empfangen kann.",
        "Nachricht blockiert",
        "Ihre Nachricht an {to} wurde blockiert. Weitere Informationen finden Sie in den "
        "technischen Details unten.",
        "Nachricht nicht zugestellt",
        "Bei der Zustellung Ihrer Nachricht an {to} ist ein Problem aufgetreten. Technische "
        "Details finden Sie unten.",
        "Zustellung unvollständig",
        "Bei der Zustellung Ihrer Nachricht an {to} ist ein vorübergehendes Problem aufgetreten. "
        "Gmail versucht es noch {n} Stunden lang.",
        "Hier erfahren Sie mehr:",
        "Antwort:",
        "Antwort des Remote-Servers:",
        'Sie senden diese Nachricht über die Funktion "Senden als" von einer anderen Adresse '
        "oder einem Alias.",
        'Die Einstellungen Ihres "Senden als"-Kontos sind falsch oder veraltet. Prüfen Sie die '
        "Einstellungen und senden Sie die Nachricht noch einmal.",
    ),
    "fr": Prose(
        "Adresse introuvable",
        "Votre message n'a pas été distribué à {to}, car l'adresse est introuvable ou ne peut "
        "pas recevoir d'e-mails.",
        "Message bloqué",
        "Votre message à {to} a été bloqué. Pour en savoir plus, consultez les détails "
        "techniques ci-dessous.",
        "Message non distribué",
        "Un problème est survenu lors de la distribution de votre message à {to}. Voir les "
        "détails techniques ci-dessous.",
        "Distribution incomplète",
        "Un problème temporaire est survenu lors de la distribution de votre message à {to}. "
        "Gmail réessaiera pendant encore {n} heures.",
        "En savoir plus :",
        "Réponse :",
        "Réponse du serveur distant :",
        "Vous envoyez ce message depuis une autre adresse ou un alias avec la fonctionnalité "
        '"Envoyer des e-mails en tant que".',
        "Les paramètres de ce compte sont incorrects ou obsolètes. Vérifiez-les, puis réessayez.",
    ),
    "es": Prose(
        "No se ha encontrado la dirección",
        "Tu mensaje no se ha entregado a {to} porque no se ha encontrado la dirección o esta no "
        "puede recibir correo.",
        "Mensaje bloqueado",
        "Tu mensaje a {to} se ha bloqueado. Consulta los detalles técnicos más abajo.",
        "No se ha entregado el mensaje",
        "Se ha producido un problema al entregar tu mensaje a {to}. Consulta los detalles "
        "técnicos más abajo.",
        "Entrega incompleta",
        "Se ha producido un problema temporal al entregar tu mensaje a {to}. Gmail lo seguirá "
        "intentando durante {n} horas.",
        "Más información:",
        "Esta es la respuesta:",
        "La respuesta del servidor remoto es:",
        'Estás enviando este mensaje desde otra dirección o alias con la función "Enviar como".',
        'La configuración de tu cuenta de "Enviar como" es incorrecta o está obsoleta. '
        "Compruébala y vuelve a enviar el mensaje.",
    ),
    "pt-BR": Prose(
        "Endereço não encontrado",
        "Sua mensagem não foi entregue a {to} porque o endereço não foi encontrado ou não pode "
        "receber e-mails.",
        "Mensagem bloqueada",
        "Sua mensagem para {to} foi bloqueada. Consulte os detalhes técnicos abaixo.",
        "A mensagem não foi entregue",
        "Ocorreu um problema na entrega da sua mensagem para {to}. Consulte os detalhes técnicos "
        "abaixo.",
        "Entrega incompleta",
        "Ocorreu um problema temporário na entrega da sua mensagem para {to}. O Gmail tentará "
        "novamente por mais {n} horas.",
        "Saiba mais:",
        "A resposta foi:",
        "A resposta do servidor remoto foi:",
        'Você está enviando esta mensagem de outro endereço ou alias com o recurso "Enviar e-mail '
        'como".',
        'As configurações da sua conta "Enviar e-mail como" estão incorretas ou desatualizadas. '
        "Verifique-as e tente reenviar.",
    ),
    "it": Prose(
        "Indirizzo non trovato",
        "Il tuo messaggio non è stato recapitato a {to} perché l'indirizzo non è stato trovato o "
        "non può ricevere posta.",
        "Messaggio bloccato",
        "Il tuo messaggio per {to} è stato bloccato. Vedi i dettagli tecnici di seguito.",
        "Messaggio non recapitato",
        "Si è verificato un problema durante il recapito del messaggio a {to}. Vedi i dettagli "
        "tecnici di seguito.",
        "Recapito incompleto",
        "Si è verificato un problema temporaneo durante il recapito del messaggio a {to}. Gmail "
        "riproverà per altre {n} ore.",
        "Scopri di più:",
        "La risposta è stata:",
        "La risposta dal server remoto è stata:",
        'Stai inviando il messaggio da un altro indirizzo o alias con la funzione "Invia '
        'messaggio come".',
        "Le impostazioni dell'account sono errate o non aggiornate. Controllale e riprova.",
    ),
    "nl": Prose(
        "Adres niet gevonden",
        "Je bericht is niet bezorgd bij {to} omdat het adres niet is gevonden of geen e-mail kan "
        "ontvangen.",
        "Bericht geblokkeerd",
        "Je bericht aan {to} is geblokkeerd. Bekijk de technische gegevens hieronder.",
        "Bericht niet bezorgd",
        "Er is een probleem opgetreden bij het bezorgen van je bericht aan {to}. Bekijk de "
        "technische gegevens hieronder.",
        "Bezorging onvolledig",
        "Er is een tijdelijk probleem opgetreden bij het bezorgen van je bericht aan {to}. Gmail "
        "probeert het nog {n} uur.",
        "Meer informatie:",
        "Dit was de reactie:",
        "De reactie van de externe server was:",
        "Je verzendt dit bericht vanaf een ander adres of een alias met de functie 'E-mail "
        "verzenden als'.",
        "De instellingen voor dit account zijn onjuist of verouderd. Controleer ze en probeer het "
        "opnieuw.",
    ),
    "pl": Prose(
        "Nie znaleziono adresu",
        "Wiadomość nie została dostarczona na adres {to}, ponieważ nie znaleziono takiego adresu "
        "lub nie może on odbierać poczty.",
        "Wiadomość zablokowana",
        "Wiadomość do {to} została zablokowana. Szczegóły techniczne znajdziesz poniżej.",
        "Wiadomość nie została dostarczona",
        "Wystąpił problem z dostarczeniem wiadomości do {to}. Szczegóły techniczne znajdziesz "
        "poniżej.",
        "Dostarczanie niepełne",
        "Wystąpił tymczasowy problem z dostarczeniem wiadomości do {to}. Gmail będzie ponawiać "
        "próby jeszcze przez {n} godz.",
        "Więcej informacji:",
        "Odpowiedź:",
        "Odpowiedź serwera zdalnego:",
        "Wysyłasz tę wiadomość z innego adresu lub aliasu przy użyciu funkcji „Wyślij jako”.",
        "Ustawienia tego konta są nieprawidłowe lub nieaktualne. Sprawdź je i spróbuj ponownie.",
    ),
    "ru": Prose(
        "Адрес не найден",
        "Ваше сообщение не доставлено по адресу {to}, поскольку он не найден или не принимает "
        "почту.",
        "Сообщение заблокировано",
        "Ваше сообщение для {to} заблокировано. Технические сведения приведены ниже.",
        "Сообщение не доставлено",
        "При доставке сообщения по адресу {to} возникла проблема. Технические сведения приведены "
        "ниже.",
        "Доставка не завершена",
        "При доставке сообщения по адресу {to} возникла временная проблема. Попытки будут "
        "продолжаться ещё {n} ч.",
        "Подробнее:",
        "Ответ:",
        "Ответ удаленного сервера:",
        'Вы отправляете письмо с другого адреса или псевдонима с помощью функции "Отправить '
        'письмо как".',
        "Настройки этого аккаунта неверны или устарели. Проверьте их и повторите отправку.",
    ),
    "tr": Prose(
        "Adres bulunamadı",
        "Adres bulunamadığı veya posta alamadığı için iletiniz {to} adresine teslim edilmedi.",
        "İleti engellendi",
        "{to} adresine gönderdiğiniz ileti engellendi. Teknik ayrıntılar aşağıdadır.",
        "İleti teslim edilmedi",
        "İletiniz {to} adresine teslim edilirken bir sorun oluştu. Teknik ayrıntılar aşağıdadır.",
        "Teslimat tamamlanmadı",
        "İletiniz {to} adresine teslim edilirken geçici bir sorun oluştu. Gmail {n} saat daha "
        "deneyecek.",
        "Daha fazla bilgi:",
        "Yanıt:",
        "Uzak sunucudan gelen yanıt:",
        'Bu iletiyi "Postaları şu adresten gönder" özelliğiyle başka bir adresten gönderiyorsunuz.',
        "Bu hesabın ayarları yanlış veya güncel değil. Ayarları kontrol edip yeniden deneyin.",
    ),
    "sv": Prose(
        "Adressen hittades inte",
        "Meddelandet levererades inte till {to} eftersom adressen inte hittades eller inte kan ta "
        "emot e-post.",
        "Meddelandet blockerades",
        "Meddelandet till {to} har blockerats. Se teknisk information nedan.",
        "Meddelandet levererades inte",
        "Ett problem uppstod när meddelandet skulle levereras till {to}. Se teknisk information "
        "nedan.",
        "Ofullständig leverans",
        "Ett tillfälligt problem uppstod när meddelandet skulle levereras till {to}. Gmail "
        "försöker i {n} timmar till.",
        "Läs mer:",
        "Svaret var:",
        "Svaret från fjärrservern var:",
        "Du skickar meddelandet från en annan adress eller ett alias med funktionen Skicka e-post "
        "som.",
        "Inställningarna för kontot är felaktiga eller inaktuella. Kontrollera dem och försök "
        "igen.",
    ),
    "ja": Prose(
        "アドレス不明",
        "アドレスが見つからないか、メールを受信できないため、"
        "メールは {to} に配信されませんでした。",
        "メールがブロックされました",
        "{to} へのメールがブロックされました。詳しくは下記の技術的な詳細をご覧ください。",
        "メールは配信されませんでした",
        "{to} へのメールの配信中に問題が発生しました。下記の技術的な詳細をご覧ください。",
        "配信未完了",
        "{to} へのメールの配信中に一時的な問題が発生しました。あと {n} 時間、再試行します。",
        "詳細:",
        "応答:",
        "リモート サーバーからの応答:",
        "このメールは「名前」機能を使用して別のアドレスまたはエイリアスから送信されています。",
        "アカウントの設定が誤っているか、古くなっています。設定を確認して再送信してください。",
    ),
    "zh-CN": Prose(
        "找不到地址",
        "您的邮件未能送达 {to}，因为系统找不到该地址，或该地址无法接收邮件。",
        "邮件遭到屏蔽",
        "您发给 {to} 的邮件已遭到屏蔽。如需了解详情，请查看下面的技术详细信息。",
        "邮件未送达",
        "将您的邮件递送到 {to} 时出现问题。请查看下面的技术详细信息。",
        "递送未完成",
        "将您的邮件递送到 {to} 时出现了暂时性问题。Gmail 会在接下来的 {n} 小时内重试。",
        "了解详情：",
        "响应为：",
        "远程服务器的响应为：",
        "您正在使用“用这个地址发送邮件”功能从其他地址或别名发送此邮件。",
        "该帐号的设置有误或已过时。请检查设置，然后重新发送。",
    ),
    "ko": Prose(
        "주소를 찾을 수 없음",
        "주소를 찾을 수 없거나 메일을 받을 수 없어 {to}에 메일을 전송하지 못했습니다.",
        "메일이 차단됨",
        "{to}에 보낸 메일이 차단되었습니다. 아래의 기술 세부정보를 참고하세요.",
        "메일이 전송되지 않음",
        "{to}에 메일을 전송하는 중에 문제가 발생했습니다. 아래의 기술 세부정보를 참고하세요.",
        "전송 미완료",
        "{to}에 메일을 전송하는 중에 일시적인 문제가 발생했습니다. {n}시간 동안 다시 시도합니다.",
        "자세히 알아보기:",
        "응답:",
        "원격 서버의 응답:",
        "다른 주소에서 메일 보내기 기능을 사용하여 다른 주소 또는 별칭에서 메일을 보내고 있습니다.",
        "계정 설정이 잘못되었거나 오래되었습니다. 설정을 확인한 후 다시 보내 보세요.",
    ),
}

LANGUAGES: Final = (*(["en"] * 7), *PROSE)
