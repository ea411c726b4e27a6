//! The page around everything under `/docs`.

use super::escape::escape;
use super::guides::GUIDES;

/// A page with its menu; `slug` names the entry that is open.
pub fn page(title: &str, slug: &str, body: &str) -> String {
    let link = |address: &str, name: &str, is_open: bool| {
        let current = if is_open { " aria-current=\"page\"" } else { "" };
        format!("<li><a href=\"{address}\"{current}>{}</a></li>", escape(name))
    };
    let guides: String = GUIDES
        .iter()
        .map(|guide| link(&format!("/docs/{}", guide.slug), guide.title, guide.slug == slug))
        .collect();
    let files: String = [
        ("/openapi.json", "openapi.json"),
        ("/docs/bonex-openapi.yaml", "bonex-openapi.yaml"),
        ("/docs/cashier-openapi.yaml", "cashier-openapi.yaml"),
        ("/docs/bonex.postman_collection.json", "Коллекция Postman"),
    ]
    .map(|(address, name)| link(address, name, false))
    .concat();
    format!(
        "<!DOCTYPE html><html lang=\"ru\"><head><meta charset=\"utf-8\"><title>{title} · Bonex API</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"/pkg/bonex.css\"><link rel=\"stylesheet\" href=\"/docs.css\"></head><body class=\"docs\">\
         <a class=\"docs-skip\" href=\"#text\">К тексту</a>\
         <nav class=\"docs-menu\" aria-label=\"Документация\"><p class=\"docs-brand\">Bonex API</p>\
         <p class=\"docs-part\" id=\"menu-begin\">С чего начать</p><ul aria-labelledby=\"menu-begin\">{guides}</ul>\
         <p class=\"docs-part\" id=\"menu-all\">Все методы</p><ul aria-labelledby=\"menu-all\">{}</ul>\
         <p class=\"docs-part\" id=\"menu-files\">Файлы</p><ul aria-labelledby=\"menu-files\">{files}</ul></nav>\
         <main class=\"docs-text\" id=\"text\">{body}</main></body></html>",
        link("/docs", "Справочник", slug.is_empty()),
        title = escape(title),
    )
}
