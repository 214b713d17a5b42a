"""What Exchange says around a diagnosis, in the languages of its users.

Sources: Microsoft Learn, "Email non-delivery reports in Exchange Online" and its translations
(sections of a report, "Diagnostic information for administrators", "Original message headers");
Microsoft support article 3024804 and others of MicrosoftDocs/OfficeDocs-Exchange that quote
reports. Where no translation was at hand the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["LANGUAGES", "PROSE", "Prose"]


class Prose(NamedTuple):
    """The fixed words of a report."""

    subject: str
    failed: str
    organisation: str  # before the name of who refused
    diagnostics: str
    generating: str
    headers: str
    delayed_subject: str
    delayed: str
    trying: str


PROSE: Final[Mapping[str, Prose]] = {
    "en": Prose(
        "Undeliverable:",
        "Delivery has failed to these recipients or groups:",
        "The following organization rejected your message:",
        "Diagnostic information for administrators:",
        "Generating server:",
        "Original message headers:",
        "Delivery delayed:",
        "Delivery is delayed to these recipients or groups:",
        "This message hasn't been delivered yet. Delivery will continue to be attempted.",
    ),
    "de": Prose(
        "Unzustellbar:",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:",
        "Die folgende Organisation hat Ihre Nachricht zurückgewiesen:",
        "Diagnoseinformationen für Administratoren:",
        "Generierender Server:",
        "Ursprüngliche Nachrichtenkopfzeilen:",
        "Zustellung verzögert:",
        "Die Zustellung an folgende Empfänger oder Gruppen wurde verzögert:",
        "Diese Nachricht wurde noch nicht zugestellt. Es wird weiterhin versucht, sie zuzustellen.",
    ),
    "fr": Prose(
        "Non remis :",
        "Échec de la remise à ces destinataires ou groupes :",
        "L’organisation suivante a rejeté votre message :",
        "Informations de diagnostic pour les administrateurs :",
        "Serveur de génération :",
        "En-têtes de message d’origine :",
        "Remise différée :",
        "La remise est retardée pour ces destinataires ou groupes :",
        "Ce message n’a pas encore été remis. Les tentatives de remise vont se poursuivre.",
    ),
    "es": Prose(
        "No se puede entregar:",
        "Error de entrega a estos destinatarios o grupos:",
        "La siguiente organización rechazó su mensaje:",
        "Información de diagnóstico para los administradores:",
        "Servidor de generación:",
        "Encabezados de mensajes originales:",
        "Entrega retrasada:",
        "La entrega se ha retrasado para estos destinatarios o grupos:",
        "Este mensaje todavía no se ha entregado. Se seguirá intentando la entrega.",
    ),
    "it": Prose(
        "Non recapitabile:",
        "Recapito non riuscito ai seguenti destinatari o gruppi:",
        "L'organizzazione seguente ha rifiutato il messaggio:",
        "Informazioni di diagnostica per gli amministratori:",
        "Server di generazione:",
        "Intestazioni messaggio originale:",
        "Recapito ritardato:",
        "Il recapito è in ritardo per i seguenti destinatari o gruppi:",
        "Il messaggio non è stato ancora recapitato. I tentativi di recapito continueranno.",
    ),
    "nl": Prose(
        "Onbestelbaar:",
        "De bezorging is mislukt voor deze geadresseerden of groepen:",
        "De volgende organisatie heeft uw bericht geweigerd:",
        "Diagnostische gegevens voor beheerders:",
        "Genererende server:",
        "Oorspronkelijke berichtkoppen:",
        "Bezorging vertraagd:",
        "De bezorging is vertraagd voor deze geadresseerden of groepen:",
        "Dit bericht is nog niet bezorgd. Er wordt geprobeerd het alsnog te bezorgen.",
    ),
    "pt-BR": Prose(
        "Não entregue:",
        "Falha na entrega a estes destinatários ou grupos:",
        "A seguinte organização rejeitou sua mensagem:",
        "Informações de diagnóstico para administradores:",
        "Servidor de geração:",
        "Cabeçalhos de mensagem originais:",
        "Entrega atrasada:",
        "A entrega está atrasada para estes destinatários ou grupos:",
        "Esta mensagem ainda não foi entregue. Continuaremos tentando a entrega.",
    ),
    "pl": Prose(
        "Niedostarczalne:",
        "Dostarczenie wiadomości do następujących adresatów lub grup nie powiodło się:",
        "Następująca organizacja odrzuciła wiadomość:",
        "Informacje diagnostyczne dla administratorów:",
        "Serwer generujący:",
        "Oryginalne nagłówki wiadomości:",
        "Dostarczenie opóźnione:",
        "Dostarczanie do następujących adresatów lub grup jest opóźnione:",
        "Ta wiadomość nie została jeszcze dostarczona. Próby dostarczenia będą kontynuowane.",
    ),
    "sv": Prose(
        "Kan inte levereras:",
        "Det gick inte att leverera till följande mottagare eller grupper:",
        "Följande organisation avvisade meddelandet:",
        "Diagnostikinformation för administratörer:",
        "Genererande server:",
        "Ursprungliga meddelandehuvuden:",
        "Leveransen är försenad:",
        "Leveransen är försenad till följande mottagare eller grupper:",
        "Meddelandet har inte levererats än. Fler leveransförsök kommer att göras.",
    ),
    "da": Prose(
        "Kan ikke leveres:",
        "Levering til følgende modtagere eller grupper mislykkedes:",
        "Følgende organisation afviste din meddelelse:",
        "Diagnosticeringsoplysninger til administratorer:",
        "Genererende server:",
        "Oprindelige meddelelseshoveder:",
        "Levering forsinket:",
        "Leveringen er forsinket til følgende modtagere eller grupper:",
        "Meddelelsen er endnu ikke leveret. Der gøres fortsat forsøg på at levere den.",
    ),
    "fi": Prose(
        "Toimittaminen ei onnistu:",
        "Toimitus seuraaville vastaanottajille tai ryhmille epäonnistui:",
        "Seuraava organisaatio hylkäsi viestisi:",
        "Vianmääritystiedot järjestelmänvalvojille:",
        "Luova palvelin:",
        "Alkuperäisen viestin otsikot:",
        "Toimitus viivästynyt:",
        "Toimitus seuraaville vastaanottajille tai ryhmille on viivästynyt:",
        "Viestiä ei ole vielä toimitettu. Toimitusta yritetään edelleen.",
    ),
    "cs": Prose(
        "Nedoručitelné:",
        "Doručení těmto příjemcům nebo skupinám se nezdařilo:",
        "Následující organizace vaši zprávu odmítla:",
        "Diagnostické informace pro správce:",
        "Generující server:",
        "Původní záhlaví zprávy:",
        "Doručení zpožděno:",
        "Doručení těmto příjemcům nebo skupinám je zpožděno:",
        "Tato zpráva zatím nebyla doručena. Pokusy o doručení budou pokračovat.",
    ),
    "hu": Prose(
        "Kézbesíthetetlen:",
        "A kézbesítés az alábbi címzetteknek vagy csoportoknak nem sikerült:",
        "A következő szervezet utasította el az üzenetet:",
        "Diagnosztikai információk rendszergazdáknak:",
        "Létrehozó kiszolgáló:",
        "Az eredeti üzenet fejlécei:",
        "Késleltetett kézbesítés:",
        "A kézbesítés az alábbi címzetteknek vagy csoportoknak késik:",
        "Az üzenet kézbesítése még nem történt meg. A kézbesítési kísérletek folytatódnak.",
    ),
    "ru": Prose(
        "Не удается доставить:",
        "Не удалось выполнить доставку следующим получателям или группам:",
        "Следующая организация отклонила ваше сообщение:",
        "Диагностические сведения для администраторов:",
        "Создающий сервер:",
        "Исходные заголовки сообщения:",
        "Доставка задерживается:",
        "Доставка задерживается следующим получателям или группам:",
        "Это сообщение еще не доставлено. Попытки доставки будут продолжены.",
    ),
    "tr": Prose(
        "Teslim edilemiyor:",
        "Şu alıcılara veya gruplara teslim edilemedi:",
        "Aşağıdaki kuruluş iletinizi reddetti:",
        "Yöneticiler için tanılama bilgileri:",
        "Oluşturan sunucu:",
        "Özgün ileti üstbilgileri:",
        "Teslim gecikti:",
        "Şu alıcılara veya gruplara teslim gecikti:",
        "Bu ileti henüz teslim edilmedi. Teslim denemeleri sürecek.",
    ),
    "ja": Prose(
        "配信不能:",
        "次の受信者またはグループへの配信に失敗しました:",
        "次の組織がメッセージを拒否しました:",
        "管理者向けの診断情報:",
        "生成サーバー:",
        "元のメッセージ ヘッダー:",
        "配信の遅延:",
        "次の受信者またはグループへの配信が遅れています:",
        "このメッセージはまだ配信されていません。配信は引き続き試行されます。",
    ),
    "zh-CN": Prose(
        "未送达:",
        "向以下收件人或组传递邮件失败:",
        "以下组织拒绝了你的邮件:",
        "供管理员使用的诊断信息:",
        "生成服务器:",
        "原始邮件头:",
        "传递延迟:",
        "向以下收件人或组传递邮件时发生延迟:",
        "此邮件尚未送达。系统将继续尝试传递。",
    ),
    "ko": Prose(
        "배달되지 않음:",
        "다음 받는 사람이나 그룹에 배달하지 못했습니다.",
        "다음 조직에서 메시지를 거부했습니다.",
        "관리자용 진단 정보:",
        "생성 서버:",
        "원본 메시지 머리글:",
        "배달 지연:",
        "다음 받는 사람이나 그룹에 대한 배달이 지연되었습니다.",
        "이 메시지는 아직 배달되지 않았습니다. 계속 배달을 시도합니다.",
    ),
}

LANGUAGES: Final = (*(["en"] * 8), *PROSE)
