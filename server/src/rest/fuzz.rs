//! What must hold for any body at all: read by a fuzz target in `fuzz`, and by a test over its corpus.

use loyalty::model::{Timestamp, Zone, trimmed};

use super::cashier::sale;
use super::fields::Fields;
use super::integration::inventory;

/// A body is read or refused, never a panic, and a refusal has words in every language.
pub fn body(bytes: &[u8]) {
    let Ok(fields) = Fields::parse(bytes) else { return };
    let now = Timestamp::from_millis(1_781_265_660_000);
    let problems = [
        sale::request(&fields, Zone::DUSHANBE, now).map(|_| ()).err(),
        inventory::report(&fields).map(|_| ()).err(),
        fields.phone("phone", 20).map(|_| ()).err(),
        fields.texts("events", 13).map(|_| ()).err(),
        fields.quantity("quantity").map(|_| ()).err(),
        fields.integer("cashier_id").map(|_| ()).err(),
        fields.name("full_name", 255).map(|_| ()).err(),
    ];
    for problem in problems.into_iter().flatten() {
        for language in super::words::Language::ALL {
            assert!(language.field(&problem).contains(&problem.name));
        }
    }
    // What is read once is read the same again.
    for name in ["external_sale_id", "receipt_number"] {
        if let Ok(Some(text)) = fields.text(name, 255) {
            assert!(!text.is_empty() && trimmed(&text) == text, "{text:?}");
        }
    }
    // Who is meant has refusals of its own.
    let _known = fields.client("client_phone").is_ok();
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_of_bodies_holds() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/body");
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            super::body(&std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 5, "the corpus is nearly empty: {count}");
    }
}
