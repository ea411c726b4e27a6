//! Lines of the log: text for people, or a JSON object each (`BONEX_LOG_FORMAT=json`). Every line written while a request
//! is answered tells which one, whose shop's, and who asked: never a phone, a token or a path with values in it.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::http::Method;
use chrono::{DateTime, SecondsFormat};
use loyalty::{Clock, SystemClock};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::lines;

/// What lines tell of the request they belong to.
#[derive(Debug)]
pub struct Asked {
    /// `X-Request-Id`.
    pub id: String,
    /// GET, POST, …
    pub method: Method,
    /// The template of the path.
    pub route: Arc<str>,
    caller: OnceLock<(i64, &'static str, i64)>,
}

tokio::task_local! {
    static ASKED: Arc<Asked>;
}

impl Asked {
    /// A request whose caller is not known yet.
    pub fn new(id: String, method: Method, route: Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            id,
            method,
            route,
            caller: OnceLock::new(),
        })
    }

    /// Answers this request: what is logged meanwhile tells of it.
    pub async fn scope<T>(self: Arc<Self>, answer: impl Future<Output = T>) -> T {
        ASKED.scope(self, answer).await
    }

    /// Logs something about this request after it was answered.
    pub fn in_scope(self: Arc<Self>, tell: impl FnOnce()) {
        ASKED.sync_scope(self, tell);
    }
}

/// Notes who asks, for the lines of this request: the shop, what kind of caller, and its number.
pub fn note_caller(tenant_id: i64, kind: &'static str, number: i64) {
    // Outside of a request nobody asks; and the first principal is the one.
    let _noted = ASKED.try_with(|asked| asked.caller.set((tenant_id, kind, number)));
}

/// How lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Text,
    Json,
}

/// Writes the log to standard error from now on, and panics with it; nobody has to read it ([`lines`]). `BONEX_LOG` says
/// what, `BONEX_LOG_FORMAT` how.
pub fn begin() {
    let form = match std::env::var("BONEX_LOG_FORMAT").as_deref() {
        Ok("json") => Form::Json,
        _ => Form::Text,
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("BONEX_LOG").unwrap_or_else(|_| "info".into()))
        .with_writer(lines::log)
        .event_format(form)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let trace = Backtrace::capture();
        match trace.status() {
            BacktraceStatus::Captured => tracing::error!(%trace, "{panic}"),
            _ => tracing::error!("{panic}"),
        }
    }));
}

/// What was logged is written, if anybody reads it; for the end of the process.
pub fn end() {
    lines::finish();
}

impl<S, N> FormatEvent<S, N> for Form
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line::default();
        line.note("time", now().into());
        line.note("level", event.metadata().level().as_str().into());
        line.note("target", event.metadata().target().into());
        event.record(&mut line);
        // Outside of a request there is none to tell of.
        let _told = ASKED.try_with(|asked| line.tell_of(asked));
        match self {
            Self::Json => writeln!(out, "{}", Value::Object(line.0)),
            Self::Text => line.write(&mut out),
        }
    }
}

fn now() -> String {
    DateTime::from_timestamp_millis(SystemClock.now().millis())
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What one line says, by name.
#[derive(Default)]
struct Line(Map<String, Value>);

impl Line {
    fn note(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn tell_of(&mut self, asked: &Asked) {
        self.note("request", asked.id.as_str().into());
        self.note("method", asked.method.as_str().into());
        self.note("route", asked.route.as_ref().into());
        if let Some((tenant, kind, number)) = asked.caller.get() {
            self.note("tenant", (*tenant).into());
            self.note("caller", format!("{kind} {number}").into());
        }
    }

    /// `time LEVEL message name=value …`
    fn write(mut self, out: &mut Writer<'_>) -> fmt::Result {
        let mut take = |name: &str| match self.0.remove(name) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (time, level, message) = (take("time"), take("level"), take("message"));
        // One event, one line.
        let message = message.replace(char::is_control, " ");
        write!(out, "{time} {level:>5} {message}")?;
        for (name, value) in &self.0 {
            match value {
                Value::String(text)
                    if !text
                        .chars()
                        .all(|c| c.is_alphanumeric() || c.is_ascii_punctuation()) =>
                {
                    write!(out, " {name}={text:?}")?
                }
                Value::String(text) => write!(out, " {name}={text}")?,
                value => write!(out, " {name}={value}")?,
            }
        }
        writeln!(out)
    }
}

impl Visit for Line {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.note(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.note(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.note(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.note(field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.note(field.name(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(form: Form) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .event_format(form)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(answer = 42, who = "you there", "outside");
            let asked = Asked::new("r-1".to_owned(), Method::POST, "/api/v1/cashier/sale".into());
            asked.in_scope(|| {
                note_caller(7, "register", 3);
                tracing::warn!(error = %"broken", "inside");
            });
        });
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_tells_which_request_and_who_asked() {
        let text = lines(Form::Text);
        let [outside, inside] = text.lines().collect::<Vec<_>>().try_into().unwrap();
        assert!(
            outside.contains(" INFO outside answer=42") && outside.contains("who=\"you there\""),
            "{outside}"
        );
        assert!(!outside.contains("request="), "{outside}");
        for part in [
            "WARN inside",
            "error=broken",
            "request=r-1",
            "tenant=7",
            "caller=\"register 3\"",
            "method=POST",
        ] {
            assert!(inside.contains(part), "{part} is not in {inside}");
        }
    }

    #[test]
    fn json_lines_are_objects() {
        let text = lines(Form::Json);
        let inside: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
        assert_eq!(
            (&inside["message"], &inside["level"]),
            (&"inside".into(), &"WARN".into())
        );
        assert_eq!(
            (&inside["tenant"], &inside["route"]),
            (&7.into(), &"/api/v1/cashier/sale".into())
        );
        assert!(inside["time"].as_str().unwrap().ends_with('Z'));
    }
}
