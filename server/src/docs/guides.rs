//! Guides: Markdown in `docs/api`, with the snippets that the tests run put in.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::escape::escape;

/// One guide.
pub struct Guide {
    /// In its address.
    pub slug: &'static str,
    /// In the menu.
    pub title: &'static str,
    text: &'static str,
}

/// All of them, in the order of the menu.
pub const GUIDES: [Guide; 4] = [
    Guide {
        slug: "mobile",
        title: "Приложение клиента",
        text: include_str!("../../../docs/api/mobile.md"),
    },
    Guide {
        slug: "partner",
        title: "Сервер партнёра и вебхуки",
        text: include_str!("../../../docs/api/partner.md"),
    },
    Guide {
        slug: "integration",
        title: "Остатки из 1С или ERP",
        text: include_str!("../../../docs/api/integration.md"),
    },
    Guide {
        slug: "cashier",
        title: "Касса",
        text: include_str!("../../../docs/api/cashier.md"),
    },
];

/// Programs shown in guides, each run by a test: name in the guide, language, text.
pub const SNIPPETS: [(&str, &str, &str); 6] = [
    (
        "sh",
        "sh",
        include_str!("../../../docs/api/snippets/signature.sh"),
    ),
    (
        "js",
        "js",
        include_str!("../../../docs/api/snippets/signature.js"),
    ),
    (
        "py",
        "python",
        include_str!("../../../docs/api/snippets/signature.py"),
    ),
    (
        "php",
        "php",
        include_str!("../../../docs/api/snippets/signature.php"),
    ),
    (
        "java",
        "java",
        include_str!("../../../docs/api/snippets/Signature.java"),
    ),
    (
        "webhook-js",
        "js",
        include_str!("../../../docs/api/snippets/webhook.js"),
    ),
];

/// The guide with this slug.
pub fn find(slug: &str) -> Option<&'static Guide> {
    GUIDES.iter().find(|guide| guide.slug == slug)
}

impl Guide {
    /// The guide as HTML; headings can be linked to, and examples name the API's own address.
    pub fn html(&self, api_url: &str) -> String {
        let text = self.text.replace("http://127.0.0.1:8081/api/v1", api_url);
        let text = SNIPPETS.iter().fold(text, |text, (name, language, code)| {
            text.replace(
                &format!("{{{{snippet:{name}}}}}"),
                &format!("```{language}\n{}\n```", code.trim_end()),
            )
        });
        let mut out = String::with_capacity(text.len() * 2);
        let events = Parser::new_ext(&text, Options::ENABLE_TABLES).map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            event => event,
        });
        html::push_html(&mut out, Headings::new(events));
        out
    }
}

/// Gives headings ids made of their words, and makes code blocks and tables focusable, so that they scroll from a
/// keyboard.
struct Headings<'a, I: Iterator<Item = Event<'a>>> {
    inner: I,
    waiting: std::collections::VecDeque<Event<'a>>,
}

impl<'a, I: Iterator<Item = Event<'a>>> Headings<'a, I> {
    fn new(inner: I) -> Self {
        Self {
            inner,
            waiting: std::collections::VecDeque::new(),
        }
    }

    fn heading(&mut self, level: HeadingLevel) -> Event<'a> {
        let mut words = String::new();
        for event in self.inner.by_ref() {
            if let Event::Text(text) | Event::Code(text) = &event {
                words += text;
            }
            let is_end = matches!(event, Event::End(TagEnd::Heading(_)));
            self.waiting.push_back(event);
            if is_end {
                break;
            }
        }
        Event::Html(format!("<{level} id=\"{}\">", escape(&slug(&words))).into())
    }
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for Headings<'a, I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        if let Some(event) = self.waiting.pop_front() {
            return Some(event);
        }
        Some(match self.inner.next()? {
            Event::Start(Tag::Heading { level, .. }) => self.heading(level),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented)) => {
                Event::Html("<pre tabindex=\"0\"><code>".into())
            }
            Event::Start(Tag::Table(columns)) => {
                self.waiting.push_back(Event::Start(Tag::Table(columns)));
                Event::Html("<div class=\"scroll\" tabindex=\"0\">".into())
            }
            Event::End(TagEnd::Table) => {
                self.waiting.push_back(Event::Html("</div>".into()));
                Event::End(TagEnd::Table)
            }
            event => event,
        })
    }
}

/// Words joined by hyphens.
fn slug(words: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    let words: String = words.to_lowercase().chars().map(kept).collect();
    words.split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guides_are_whole_and_their_headings_can_be_linked_to() {
        for guide in &GUIDES {
            let html = guide.html("https://api.example/api/v1");
            assert!(!html.contains("127.0.0.1:8081") && html.contains("BASE=https://api.example/api/v1"));
            assert!(!html.contains("{{snippet"), "{}", guide.slug);
            assert_eq!(html.matches("<h1").count(), 1, "{}", guide.slug);
            assert!(html.matches("<h2 id=").count() >= 4, "{}", guide.slug);
            assert_eq!(html.matches("<pre").count(), html.matches("</pre>").count());
            assert!(!html.contains("http://localhost"), "{}", guide.slug);
        }
        for (name, ..) in SNIPPETS {
            let shown = GUIDES[1].text.matches(&format!("{{{{snippet:{name}}}}}")).count();
            assert_eq!(shown, 1, "{name}");
        }
    }

    #[test]
    fn text_that_looks_like_html_stays_text() {
        let guide = Guide {
            slug: "",
            title: "",
            text: "a <script>x</script>\n\n<div>\n\n## `POST /x` и <b>",
        };
        let html = guide.html("");
        assert!(
            !html.contains("<script>") && !html.contains("<div>") && !html.contains("<b>"),
            "{html}"
        );
        assert!(html.contains("<h2 id=\"post-x-и"), "{html}");
    }
}
