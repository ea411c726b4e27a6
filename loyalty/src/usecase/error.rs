//! Why a use case did not do what was asked, in the contract's words.

use crate::Failure;
use crate::ledger::Refusal;
use crate::model::{CampaignError, ProgrammeError, PromotionError, TemplateError};
use crate::usecase::SaleRecord;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the programme.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Ruling 16; carries the stored sale when client and sums are the same.
    #[error("Продажа с таким external_sale_id уже зарегистрирована")]
    DuplicateSale(Option<Box<SaleRecord>>),
    /// Ruling 16.
    #[error("Возврат с таким external_return_id уже зарегистрирован")]
    DuplicateReturn,
    /// Ruling 16.
    #[error("Чек с таким external_receipt_id уже зарегистрирован")]
    DuplicateReceipt,
    /// A programme that makes no sense.
    #[error(transparent)]
    Programme(#[from] ProgrammeError),
    /// Somebody else has put a newer version in force.
    #[error("Программу уже изменил кто-то другой. Откройте её заново и повторите изменение.")]
    ProgrammeMoved,
    /// A promotion that makes no sense.
    #[error(transparent)]
    Promotion(#[from] PromotionError),
    /// A shop's own words for a message.
    #[error(transparent)]
    Template(TemplateError),
    /// It is done already, or is not to be done.
    #[error("Делать нечего: это уже сделано.")]
    NothingToDo,
    /// A campaign that makes no sense.
    #[error(transparent)]
    Campaign(#[from] CampaignError),
    /// Ruling 17.
    #[error("Idempotency-Key уже использован с другим телом запроса.")]
    KeyReused,
    /// The tariff allows no more clients.
    #[error("Превышен лимит клиентов по тарифу магазина.")]
    ClientLimitReached,
    /// R-OTP-7, ruling 33.
    #[error("Неверный или просроченный код.")]
    WrongCode,
    /// Ruling 8.
    #[error("Too Many Requests")]
    TooManyCodes {
        /// Codes in an hour, or one in a minute.
        limit: i64,
        /// Seconds to wait.
        retry_after: i64,
    },
    /// R-REG-3.
    #[error("Клиент уже зарегистрирован. Войдите по коду.")]
    AlreadyEnrolled,
    /// R-REG-4.
    #[error("Реферальный код не найден. Проверьте его или оставьте поле пустым.")]
    UnknownReferralCode,
    /// R-TG-3.
    #[error("Telegram-бот не настроен для магазина.")]
    TelegramOff,
    /// R-TG-4.
    #[error("Недействительная подпись Telegram.")]
    TelegramSignature,
    /// Ruling 12: our clock is more than five minutes behind Telegram's.
    #[error(
        "Часы сервера отстают от часов Telegram больше чем на 5 минут. Сообщите магазину: время на сервере нужно исправить."
    )]
    TelegramClock,
    /// R-TG-5.
    #[error("Аккаунт не привязан. Поделитесь контактом для входа.")]
    TelegramNotLinked,
    /// R-TG-10.
    #[error("Контакт не принадлежит этому аккаунту Telegram. Поделитесь своим контактом.")]
    ContactMismatch,
    /// R-TG-11.
    #[error("Этот Telegram уже привязан к другому клиенту.")]
    TelegramTaken,
    /// Ruling 37.
    #[error("Вебхук не найден.")]
    UnknownWebhook,
    /// Ruling 37.
    #[error("Доставка не найдена: записи хранятся 30 дней.")]
    UnknownDelivery,
    /// A shop has twenty.
    #[error("Не больше 20 вебхуков на магазин. Удалите ненужный.")]
    TooManyWebhooks,
    /// Nothing is sent to it.
    #[error("Вебхук выключен. Включите его: PATCH с enabled: true.")]
    WebhookOff,
    /// Something broke; the text is for the log.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Why a caller is not let in (rulings 1 and 2).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Denied {
    /// No tenant token.
    #[error("X-Tenant-Token header is required.")]
    TenantMissing,
    /// A tenant token of nobody.
    #[error("Недействительный токен, подписка не оплачена или магазин приостановлен.")]
    TenantUnknown,
    /// The shop is suspended or has not paid.
    #[error("Недействительный токен, подписка не оплачена или магазин приостановлен.")]
    TenantSuspended,
    /// No register token.
    #[error("Не передан токен кассы X-Cashier-Token.")]
    RegisterMissing,
    /// A register token of nobody in this shop.
    #[error("Недействительный токен кассы. Возьмите действующий: panel → Интеграции.")]
    RegisterUnknown,
    /// No device id.
    #[error("Не передан X-Device-Id — идентификатор устройства кассы.")]
    DeviceMissing,
    /// More than 255 bytes.
    #[error("X-Device-Id длиннее 255 байт.")]
    DeviceTooLong,
    /// R-DEVICE-2.
    #[error("Токен кассы привязан к другому устройству. Сбросьте привязку: panel → Кассы.")]
    OtherDevice,
    /// The shop has no partner secret yet.
    #[error("Партнёрский доступ не настроен. Создайте секрет: panel → Интеграции.")]
    PartnerOff,
    /// R-PARTNER-4.
    #[error("Нет подписи: передайте X-Partner-Timestamp и X-Partner-Signature.")]
    SignatureMissing,
    /// R-PARTNER-3.
    #[error("X-Partner-Timestamp расходится с нашим временем больше чем на 300 секунд.")]
    TimestampOff,
    /// R-PARTNER-4.
    #[error("Недействительная подпись X-Partner-Signature.")]
    SignatureWrong,
    /// R-PARTNER-11.
    #[error("Списание из приложения выключено. Включите его: panel → Лояльность.")]
    RedemptionOff,
    /// R-AUTH-6.
    #[error("Требуется вход: передайте Authorization: Bearer с токеном клиента.")]
    BearerMissing,
    /// R-AUTH-6.
    #[error("Недействительный токен клиента. Войдите снова.")]
    BearerUnknown,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Failure(error.into())
    }
}
