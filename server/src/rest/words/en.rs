//! English.

use loyalty::ledger::Refusal;
use loyalty::usecase::{Denied, Error};

use crate::rest::complaint::Complaint;
use crate::rest::field_error::{FieldError, Problem};

pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::ClientNotFound => "The client is not in the loyalty programme.".to_owned(),
        Refusal::ClientBlocked => "The client is blocked.".to_owned(),
        Refusal::BelowMinimumPurchase(least) => format!("The purchase is below the minimum: {least}."),
        Refusal::NotEnoughBonuses(available) => format!("Not enough bonuses: {available} can be spent."),
        Refusal::OverPercentLimit { percent, limit } => {
            format!("At most {percent}% of the receipt can be paid with bonuses: {limit}.")
        }
        Refusal::WelcomeNeedsReceipt(least) => {
            format!("Welcome bonuses can be spent on receipts from {least}.")
        }
        Refusal::GrossDisagrees => {
            "The field gross_amount differs from total_amount + bonus_redeem_amount by more than 1.00."
                .to_owned()
        }
        Refusal::SaleNotFound => "The original sale was not found.".to_owned(),
        Refusal::ReturnExceedsSale(left) => {
            format!("The field return_amount is more than what is left of the sale: {left}.")
        }
        Refusal::RevocationExceedsAccrual(left) => {
            format!("The field bonus_to_revoke is more than what is left of the sale's accrual: {left}.")
        }
        Refusal::ShortageNotSettled(_) => "Not enough bonuses to revoke for this return.".to_owned(),
        Refusal::AdjustmentExceedsBalance(balance) => {
            format!("No more than the balance can be taken: {balance}.")
        }
    }
}

pub fn denied(denied: Denied) -> &'static str {
    match denied {
        Denied::TenantMissing => "X-Tenant-Token header is required.",
        Denied::TenantUnknown | Denied::TenantSuspended => {
            "The token is invalid, the subscription is unpaid, or the shop is suspended."
        }
        Denied::RegisterMissing => "The register token X-Cashier-Token is missing.",
        Denied::RegisterUnknown => "The register token is invalid. Take a valid one: panel → Integrations.",
        Denied::DeviceMissing => "X-Device-Id, the register's device, is missing.",
        Denied::DeviceTooLong => "X-Device-Id is longer than 255 bytes.",
        Denied::OtherDevice => "The register token is bound to another device. Reset it: panel → Registers.",
        Denied::PartnerOff => "Partner access is not set up. Create a secret: panel → Integrations.",
        Denied::SignatureMissing => "Not signed: send X-Partner-Timestamp and X-Partner-Signature.",
        Denied::TimestampOff => "X-Partner-Timestamp differs from our time by more than 300 seconds.",
        Denied::SignatureWrong => "The signature X-Partner-Signature is invalid.",
        Denied::RedemptionOff => "Spending from the app is off. Switch it on: panel → Loyalty.",
        Denied::BearerMissing => "Log in first: send Authorization: Bearer with the client's token.",
        Denied::BearerUnknown => "The client's token is invalid. Log in again.",
    }
}

pub fn error(error: &Error) -> &'static str {
    match error {
        Error::Refused(_) | Error::Denied(_) | Error::Failure(_) => {
            "Internal error. Repeat the request or tell us the number in X-Request-Id."
        }
        Error::DuplicateSale(_) => "A sale with this external_sale_id is already registered",
        Error::DuplicateReturn => "A return with this external_return_id is already registered",
        Error::DuplicateReceipt => "A receipt with this external_receipt_id is already registered",
        Error::Programme(_) => "The programme makes no sense.",
        Error::ProgrammeMoved => "Somebody else has changed the programme. Open it again.",
        Error::Campaign(_) => "The campaign makes no sense.",
        Error::Promotion(_) => "The promotion makes no sense.",
        Error::Template(_) => "The message template can't be used.",
        Error::NothingToDo => "There is nothing to do: it is done already.",
        Error::KeyReused => "The Idempotency-Key was used with another body.",
        Error::ClientLimitReached => "The shop's tariff allows no more clients.",
        Error::WrongCode => "The code is wrong or has expired.",
        Error::TooManyCodes { .. } => "Too Many Requests",
        Error::AlreadyEnrolled => "The client is already registered. Log in with a code.",
        Error::UnknownReferralCode => "No such referral code. Check it or leave the field empty.",
        Error::TelegramOff => "The shop has no Telegram bot.",
        Error::TelegramSignature => "The Telegram signature is invalid.",
        Error::TelegramClock => {
            "The server's clock is more than 5 minutes behind Telegram's. Tell the shop: its server's time has to be set."
        }
        Error::TelegramNotLinked => "The account is not linked. Share your contact to log in.",
        Error::ContactMismatch => "The contact is not of this Telegram account. Share your own contact.",
        Error::UnknownWebhook => "The webhook was not found.",
        Error::UnknownDelivery => "The delivery was not found: the log keeps 30 days.",
        Error::TooManyWebhooks => "A shop has at most 20 webhooks. Delete one that is not needed.",
        Error::WebhookOff => "The webhook is off. Switch it on: PATCH with enabled: true.",
        Error::TelegramTaken => "This Telegram account is linked to another client.",
    }
}

pub fn field(error: &FieldError) -> String {
    let name = &error.name;
    let what = match &error.problem {
        Problem::Required => " is required.".to_owned(),
        Problem::NotANumber => " must be a number.".to_owned(),
        Problem::NotWhole => " must be a whole number.".to_owned(),
        Problem::NotAFlag => " must be true or false.".to_owned(),
        Problem::NotText => " must be a string.".to_owned(),
        Problem::NotAList => " must be a list.".to_owned(),
        Problem::NotAnObject => " must be an object.".to_owned(),
        Problem::ForbiddenCharacter => " has a character that is not allowed.".to_owned(),
        Problem::TooPrecise => ": at most two decimals.".to_owned(),
        Problem::AtLeast(least) => format!(": at least {least}."),
        Problem::AtMost(most) => format!(": at most {most}."),
        Problem::Between(least, most) => format!(": from {least} to {most}."),
        Problem::TooLong(most) => format!(": at most {most} characters."),
        Problem::TooMany(most) => format!(": at most {most} items."),
        Problem::Neither(one, other) => format!(": {one} or {other}."),
        Problem::NotAPhone => ": give the phone in international form.".to_owned(),
        Problem::NoCountryCode => {
            ": no country code begins with 0. Give the phone in international form.".to_owned()
        }
        Problem::CountryCodeTwice => ": the code +992 is there twice.".to_owned(),
        Problem::NotADate => ": give the date as YYYY-MM-DD, such as 1990-05-01.".to_owned(),
        Problem::NotAMoment => ": give date and time, such as 2026-06-05T14:30:00.".to_owned(),
        Problem::InTheFuture => ": the date is in the future.".to_owned(),
        Problem::TooLongAgo => ": the date is before 2000. Check the date of the register.".to_owned(),
        Problem::NotAClient => ": give a phone, an EAN-13 or a club card.".to_owned(),
        Problem::NotACode => ": six digits.".to_owned(),
        Problem::OtherRegister => ": it is not the register of this X-Cashier-Token.".to_owned(),
        Problem::NotAWebAddress => {
            ": give an address https://… that can be reached from the internet.".to_owned()
        }
        Problem::UnknownEvent(name) => format!(": there is no event {name}. The list: /docs/partner."),
        Problem::NothingInStock => {
            ": an empty list with deactivate_missing would switch off every article. Send the articles."
                .to_owned()
        }
        Problem::Repeated => ": this article is in the list already.".to_owned(),
    };
    format!("Field {name}{what}")
}

pub fn complaint(complaint: Complaint) -> String {
    match complaint {
        Complaint::NotJson => "The body is not JSON.".to_owned(),
        Complaint::NotUtf8 => "The body is not in UTF-8. Send it in UTF-8.".to_owned(),
        Complaint::BadPacking => {
            "The body can't be unpacked: Content-Encoding promises gzip or deflate, the body is something else."
                .to_owned()
        }
        Complaint::UnknownPacking => {
            "This Content-Encoding is not supported: send the body as it is, in gzip or in deflate.".to_owned()
        }
        Complaint::NotAnObject => "The body must be a JSON object.".to_owned(),
        Complaint::BadAddress => "The address can't be read.".to_owned(),
        Complaint::UnknownPath => "No such address.".to_owned(),
        Complaint::WrongMethod => "This address does not take this method.".to_owned(),
        Complaint::TooLarge { megabytes } => format!("The body is larger than {megabytes} MB."),
        Complaint::TooManyValues => "The body has too many values. Send it in parts.".to_owned(),
        Complaint::BadKey => "Idempotency-Key: from 1 to 255 characters.".to_owned(),
        Complaint::NothingToRevoke => "Give bonus_to_revoke or original_external_sale_id.".to_owned(),
        Complaint::NothingTaken => "No article was taken.".to_owned(),
        Complaint::TooSlow => {
            "The server did not answer in time. Repeat the request with the same Idempotency-Key.".to_owned()
        }
        Complaint::Unavailable => {
            "The database is not available. Repeat the request in a few seconds.".to_owned()
        }
        Complaint::Broken => {
            "Internal error. Repeat the request or tell us the number in X-Request-Id.".to_owned()
        }
    }
}
