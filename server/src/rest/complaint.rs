//! What can be wrong with a request as a whole.

use axum::http::StatusCode;
use loyalty::model::IdempotencyKeyError;

/// What is wrong with a request as a whole, in Russian; other languages are in `words`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Complaint {
    /// 400.
    #[error("Тело запроса — не JSON.")]
    NotJson,
    /// 400.
    #[error("Тело запроса не в кодировке UTF-8. Отправьте его в UTF-8.")]
    NotUtf8,
    /// 400.
    #[error("Тело запроса не распаковать: Content-Encoding обещает gzip или deflate, а в теле другое.")]
    BadPacking,
    /// 415.
    #[error("Такой Content-Encoding не поддерживается: отправьте тело как есть, в gzip или в deflate.")]
    UnknownPacking,
    /// 422.
    #[error("Тело запроса должно быть объектом JSON.")]
    NotAnObject,
    /// 400.
    #[error("Адрес запроса не разобрать.")]
    BadAddress,
    /// 404.
    #[error("Адрес не найден.")]
    UnknownPath,
    /// 405.
    #[error("Метод для этого адреса не поддерживается.")]
    WrongMethod,
    /// 413: more than the surface takes.
    #[error("Тело запроса больше {megabytes} МБ.")]
    TooLarge {
        /// What it takes.
        megabytes: u32,
    },
    /// 413: few bytes that would fill the memory.
    #[error("В теле запроса слишком много значений. Разделите его на части.")]
    TooManyValues,
    /// 422.
    #[error("{IdempotencyKeyError}")]
    BadKey,
    /// 422: a calculation of a return needs one or the other.
    #[error("Укажите bonus_to_revoke или original_external_sale_id.")]
    NothingToRevoke,
    /// 422.
    #[error("Ни один артикул не принят.")]
    NothingTaken,
    /// 503: the answer took too long.
    #[error("Сервер не успел ответить. Повторите запрос с тем же Idempotency-Key.")]
    TooSlow,
    /// 503.
    #[error("База данных недоступна. Повторите запрос через несколько секунд.")]
    Unavailable,
    /// 500.
    #[error("Внутренняя ошибка. Повторите запрос или сообщите номер из X-Request-Id.")]
    Broken,
}

impl Complaint {
    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotJson | Self::NotUtf8 | Self::BadPacking | Self::BadAddress => StatusCode::BAD_REQUEST,
            Self::UnknownPacking => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } | Self::TooManyValues => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAnObject | Self::BadKey | Self::NothingToRevoke | Self::NothingTaken => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::TooSlow | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
