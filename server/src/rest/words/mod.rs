//! What an error says, in the caller's language. Russian is the sources' own wording and stands beside the errors
//! themselves; a new error does not compile until [`tg`] and [`en`] have words for it.

mod en;
mod tg;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use loyalty::ledger::Refusal;
use loyalty::usecase::{Denied, Error};

use super::complaint::Complaint;
use super::field_error::FieldError;
use crate::wrap::{Answering, Wrap};

/// A language of the API's texts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Language {
    /// Russian, unless asked otherwise.
    #[default]
    Ru,
    /// Tajik.
    Tg,
    /// English.
    En,
}

tokio::task_local! {
    /// The language of the request that this task answers: an error becomes an answer far from the request.
    static CURRENT: Language;
}

/// Answers in the language that `Accept-Language` prefers.
#[derive(Clone, Copy, Debug)]
pub struct InCallersLanguage;

impl Wrap for InCallersLanguage {
    fn answer<R: FnOnce(Request) -> Answering>(&self, request: Request, rest: R) -> Answering {
        let language = Language::preferred(request.headers());
        let answering = CURRENT.scope(language, rest(request));
        Box::pin(async move {
            let mut response = answering.await;
            let headers = response.headers_mut();
            headers.insert(
                header::CONTENT_LANGUAGE,
                HeaderValue::from_static(language.code()),
            );
            headers.append(header::VARY, HeaderValue::from_static("accept-language"));
            response
        })
    }
}

impl Language {
    /// All we speak.
    pub const ALL: [Self; 3] = [Self::Ru, Self::Tg, Self::En];

    /// Of the request that is being answered.
    pub fn current() -> Self {
        CURRENT.try_with(|language| *language).unwrap_or_default()
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::Tg => "tg",
            Self::En => "en",
        }
    }

    /// The language of highest weight among those we speak; of equal ones the first named.
    fn preferred(headers: &HeaderMap) -> Self {
        let named = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let mut best = (0.0, Self::default());
        for range in named
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
        {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let primary = tag.split('-').next().unwrap_or_default();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok())
                .unwrap_or(1.0);
            let language = Self::ALL.into_iter().find(|language| language.code() == primary);
            if let Some(language) = language
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }

    /// A rule of the programme.
    pub fn refusal(self, refusal: &Refusal) -> String {
        match self {
            Self::Ru => refusal.to_string(),
            Self::Tg => tg::refusal(refusal),
            Self::En => en::refusal(refusal),
        }
    }

    /// Why a caller is not let in.
    pub fn denied(self, denied: Denied) -> String {
        match self {
            Self::Ru => denied.to_string(),
            Self::Tg => tg::denied(denied).to_owned(),
            Self::En => en::denied(denied).to_owned(),
        }
    }

    /// Why a use case did nothing.
    pub fn error(self, error: &Error) -> String {
        match error {
            Error::Refused(refusal) => self.refusal(refusal),
            Error::Denied(denied) => self.denied(*denied),
            _ => match self {
                Self::Ru => error.to_string(),
                Self::Tg => tg::error(error).to_owned(),
                Self::En => en::error(error).to_owned(),
            },
        }
    }

    /// What is wrong with a field.
    pub fn field(self, error: &FieldError) -> String {
        match self {
            Self::Ru => error.to_string(),
            Self::Tg => tg::field(error),
            Self::En => en::field(error),
        }
    }

    /// What is wrong with the request as a whole.
    pub fn complaint(self, complaint: Complaint) -> String {
        match self {
            Self::Ru => complaint.to_string(),
            Self::Tg => tg::complaint(complaint),
            Self::En => en::complaint(complaint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_is_spoken() {
        for (asked, spoken) in [
            ("", Language::Ru),
            ("de", Language::Ru),
            ("en", Language::En),
            ("tg-TJ,ru;q=0.9", Language::Tg),
            ("ru;q=0.5, en;q=0.8", Language::En),
            ("de, TG;q=0.3, *;q=0.1", Language::Tg),
            ("en;q=0", Language::Ru),
            ("en;q=x", Language::En),
            (";;,,", Language::Ru),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, asked.parse().unwrap())]);
            assert_eq!(Language::preferred(&headers), spoken, "{asked}");
        }
    }
}
