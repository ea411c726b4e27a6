//! What the browser keeps: both tokens, the device's id, the language, and sales whose outcome is not known.

use super::client::Headers;
use super::keys::bits_of;
use super::unanswered::{UnansweredSale, put};

const TENANT: &str = "bonex.tenant_token";
const CASHIER: &str = "bonex.cashier_token";
const DEVICE: &str = "bonex.device_id";
const LANGUAGE: &str = "bonex.language";
/// Each sale has an entry of its own, so that two tabs don't write over each other's.
const SALE: &str = "bonex.sale.";

/// Both tokens, when they were saved, with this browser's device id.
pub fn saved() -> Option<Headers> {
    let headers = Headers {
        tenant_token: get(TENANT)?,
        cashier_token: get(CASHIER)?,
        device_id: device_id(),
        key: None,
    };
    Some(headers)
}

/// Saves both tokens.
pub fn save(tenant_token: &str, cashier_token: &str) {
    set(TENANT, tenant_token);
    set(CASHIER, cashier_token);
}

/// Forgets both tokens; the device stays the same.
pub fn forget() {
    remove(TENANT);
    remove(CASHIER);
}

/// The saved language's code.
pub fn language() -> Option<String> {
    get(LANGUAGE)
}

/// Saves the language.
pub fn save_language(code: &str) {
    set(LANGUAGE, code);
}

/// The sales of a register whose outcome is not known, the oldest first; another tab may have left some.
pub fn sales(register: &str) -> Vec<UnansweredSale> {
    let mut sales = Vec::new();
    for name in names(&sale_name(register, "")) {
        if let Some(sale) = get(&name).and_then(|text| UnansweredSale::of_text(&text)) {
            put(&mut sales, sale);
        }
    }
    sales
}

/// Keeps a sale before it is asked for.
pub fn keep_sale(register: &str, sale: &UnansweredSale) {
    set(&sale_name(register, &sale.key), &sale.to_text());
}

/// The outcome of a sale is known.
pub fn forget_sale(register: &str, key: &str) {
    remove(&sale_name(register, key));
}

fn sale_name(register: &str, key: &str) -> String {
    [SALE, register, ".", key].concat()
}

/// Milliseconds of the device's clock.
pub fn now() -> i64 {
    browser::now()
}

/// A moment as people of the shop's country write it: `05.06.2026, 14:05:10`.
pub fn moment(at: i64) -> String {
    browser::moment(at)
}

/// `web-<uuid>`, made when the cashier is first opened (R-DEVICE-6).
fn device_id() -> String {
    get(DEVICE).unwrap_or_else(|| {
        let fresh = format!("web-{}", uuid());
        set(DEVICE, &fresh);
        fresh
    })
}

#[cfg(feature = "hydrate")]
mod browser {
    use gloo_storage::{LocalStorage, Storage};
    use web_sys::js_sys::Date;
    use web_sys::wasm_bindgen::JsValue;

    pub fn get(name: &str) -> Option<String> {
        LocalStorage::get(name).ok()
    }

    pub fn set(name: &str, value: &str) {
        // A browser that keeps nothing asks for the tokens again next time, and forgets a sale that is left.
        let _kept = LocalStorage::set(name, value);
    }

    pub fn remove(name: &str) {
        LocalStorage::delete(name);
    }

    /// Names of what is kept that begin so.
    pub fn names(prefix: &str) -> Vec<String> {
        let (storage, mut names) = (LocalStorage::raw(), Vec::new());
        for place in 0..LocalStorage::length() {
            if let Ok(Some(name)) = storage.key(place)
                && name.starts_with(prefix)
            {
                names.push(name);
            }
        }
        names
    }

    pub fn now() -> i64 {
        Date::now() as i64
    }

    pub fn moment(at: i64) -> String {
        let date = Date::new(&JsValue::from_f64(at as f64));
        String::from(date.to_locale_string("ru", &JsValue::UNDEFINED))
    }

    pub fn uuid() -> String {
        let mut bytes = [0_u8; 16];
        let crypto = web_sys::window().and_then(|window| window.crypto().ok());
        if let Some(crypto) = crypto {
            // Zeroes would be one device for everybody; a browser without randomness has no TLS either.
            let _filled = crypto.get_random_values_with_u8_array(&mut bytes);
        }
        super::uuid_of(bytes)
    }
}

/// The server renders the shell without knowing the browser.
#[cfg(not(feature = "hydrate"))]
mod browser {
    pub fn get(_: &str) -> Option<String> {
        None
    }

    pub fn set(_: &str, _: &str) {}

    pub fn remove(_: &str) {}

    pub fn names(_: &str) -> Vec<String> {
        Vec::new()
    }

    pub fn now() -> i64 {
        0
    }

    pub fn moment(_: i64) -> String {
        String::new()
    }

    pub fn uuid() -> String {
        super::uuid_of([0; 16])
    }
}

use browser::{get, names, remove, set};

/// A random UUID, version 4: a device, or the key of one sale.
pub fn uuid() -> String {
    browser::uuid()
}

/// The key of a request that says this, on this device.
pub fn key_of(words: &str) -> String {
    uuid_of(bits_of(&[&device_id(), "\n", words].concat()))
}

fn uuid_of(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn r_device_6_a_uuid_of_version_4() {
        assert_eq!(super::uuid_of([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
