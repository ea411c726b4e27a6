//! Tajik.

use loyalty::ledger::Refusal;
use loyalty::usecase::{Denied, Error};

use crate::rest::complaint::Complaint;
use crate::rest::field_error::{FieldError, Problem};

pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::ClientNotFound => "Мизоҷ дар барномаи вафодорӣ ёфт нашуд.".to_owned(),
        Refusal::ClientBlocked => "Мизоҷ баста шудааст.".to_owned(),
        Refusal::BelowMinimumPurchase(least) => format!("Маблағи харид аз ҳадди ақал кам аст: {least}."),
        Refusal::NotEnoughBonuses(available) => {
            format!("Бонусҳо намерасанд: {available} бонусро истифода бурдан мумкин аст.")
        }
        Refusal::OverPercentLimit { percent, limit } => {
            format!("Бо бонусҳо на зиёда аз {percent}% чекро пардохтан мумкин аст: {limit}.")
        }
        Refusal::WelcomeNeedsReceipt(least) => {
            format!("Бонусҳои хушомадгӯиро аз чеки {least} сар карда истифода бурдан мумкин аст.")
        }
        Refusal::GrossDisagrees => {
            "Майдони gross_amount аз total_amount + bonus_redeem_amount зиёда аз 1.00 фарқ дорад.".to_owned()
        }
        Refusal::SaleNotFound => "Фурӯши аввала ёфт нашуд.".to_owned(),
        Refusal::ReturnExceedsSale(left) => {
            format!("Майдони return_amount аз боқимондаи фурӯш зиёд аст: {left}.")
        }
        Refusal::RevocationExceedsAccrual(left) => {
            format!("Майдони bonus_to_revoke аз бонусҳои бекорнашудаи фурӯш зиёд аст: {left}.")
        }
        Refusal::ShortageNotSettled(_) => {
            "Барои бекор кардани бонусҳои ин баргардонӣ бонус намерасад.".to_owned()
        }
        Refusal::AdjustmentExceedsBalance(balance) => {
            format!("Зиёда аз тавозун гирифтан мумкин нест: {balance}.")
        }
    }
}

pub fn denied(denied: Denied) -> &'static str {
    match denied {
        Denied::TenantMissing => "Сарлавҳаи X-Tenant-Token лозим аст.",
        Denied::TenantUnknown | Denied::TenantSuspended => {
            "Токен нодуруст аст, обуна пардохт нашудааст ё мағоза боздошта шудааст."
        }
        Denied::RegisterMissing => "Токени хазина X-Cashier-Token фиристода нашудааст.",
        Denied::RegisterUnknown => "Токени хазина нодуруст аст. Токени дурустро гиред: panel → Ҳамгироӣ.",
        Denied::DeviceMissing => "X-Device-Id — рақами дастгоҳи хазина фиристода нашудааст.",
        Denied::DeviceTooLong => "X-Device-Id аз 255 байт дароз аст.",
        Denied::OtherDevice => {
            "Токени хазина ба дастгоҳи дигар баста шудааст. Онро кушоед: panel → Хазинаҳо."
        }
        Denied::PartnerOff => "Дастрасии шарик танзим нашудааст. Калиди махфӣ созед: panel → Ҳамгироӣ.",
        Denied::SignatureMissing => "Имзо нест: X-Partner-Timestamp ва X-Partner-Signature-ро фиристед.",
        Denied::TimestampOff => "X-Partner-Timestamp аз вақти мо зиёда аз 300 сония фарқ дорад.",
        Denied::SignatureWrong => "Имзои X-Partner-Signature нодуруст аст.",
        Denied::RedemptionOff => "Истифодаи бонус аз барнома хомӯш аст. Онро фаъол кунед: panel → Вафодорӣ.",
        Denied::BearerMissing => "Аввал ворид шавед: Authorization: Bearer бо токени мизоҷро фиристед.",
        Denied::BearerUnknown => "Токени мизоҷ нодуруст аст. Аз нав ворид шавед.",
    }
}

pub fn error(error: &Error) -> &'static str {
    match error {
        Error::Refused(_) | Error::Denied(_) | Error::Failure(_) => {
            "Хатои дохилӣ. Дархостро такрор кунед ё рақами X-Request-Id-ро ба мо гӯед."
        }
        Error::DuplicateSale(_) => "Фурӯш бо чунин external_sale_id аллакай сабт шудааст",
        Error::DuplicateReturn => "Баргардонӣ бо чунин external_return_id аллакай сабт шудааст",
        Error::DuplicateReceipt => "Чек бо чунин external_receipt_id аллакай сабт шудааст",
        Error::Programme(_) => "Барномаи вафодорӣ нодуруст аст.",
        Error::ProgrammeMoved => "Барномаро каси дигар иваз кард. Онро аз нав кушоед.",
        Error::Campaign(_) => "Ирсоли паёмҳо нодуруст аст.",
        Error::Promotion(_) => "Аксия нодуруст аст.",
        Error::Template(_) => "Қолаби паёмро истифода бурдан мумкин нест.",
        Error::NothingToDo => "Коре нест: ин аллакай иҷро шудааст.",
        Error::KeyReused => "Idempotency-Key аллакай бо матни дигари дархост истифода шудааст.",
        Error::ClientLimitReached => "Аз рӯи тарифи мағоза мизоҷони бештарро сабт кардан мумкин нест.",
        Error::WrongCode => "Рамз нодуруст аст ё мӯҳлаташ гузаштааст.",
        Error::TooManyCodes { .. } => "Too Many Requests",
        Error::AlreadyEnrolled => "Мизоҷ аллакай сабт шудааст. Бо рамз ворид шавед.",
        Error::UnknownReferralCode => "Рамзи даъват ёфт нашуд. Онро санҷед ё майдонро холӣ гузоред.",
        Error::TelegramOff => "Боти Telegram барои мағоза танзим нашудааст.",
        Error::TelegramSignature => "Имзои Telegram нодуруст аст.",
        Error::TelegramClock => {
            "Соати сервер аз соати Telegram зиёда аз 5 дақиқа қафо мондааст. Ба мағоза хабар диҳед: вақти серверро дуруст кардан лозим."
        }
        Error::TelegramNotLinked => "Ҳисоб пайваст нашудааст. Барои воридшавӣ рақами худро фиристед.",
        Error::ContactMismatch => "Рақам аз они ин ҳисоби Telegram нест. Рақами худро фиристед.",
        Error::UnknownWebhook => "Вебхук ёфт нашуд.",
        Error::UnknownDelivery => "Фиристодан ёфт нашуд: сабтҳо 30 рӯз нигоҳ дошта мешаванд.",
        Error::TooManyWebhooks => "Барои як мағоза на бештар аз 20 вебхук. Нолозимашро нест кунед.",
        Error::WebhookOff => "Вебхук хомӯш аст. Онро фаъол кунед: PATCH бо enabled: true.",
        Error::TelegramTaken => "Ин Telegram аллакай ба мизоҷи дигар пайваст шудааст.",
    }
}

pub fn field(error: &FieldError) -> String {
    let name = &error.name;
    let what = match &error.problem {
        Problem::Required => " ҳатмист.".to_owned(),
        Problem::NotANumber => " бояд рақам бошад.".to_owned(),
        Problem::NotWhole => " бояд адади бутун бошад.".to_owned(),
        Problem::NotAFlag => " бояд true ё false бошад.".to_owned(),
        Problem::NotText => " бояд сатр бошад.".to_owned(),
        Problem::NotAList => " бояд рӯйхат бошад.".to_owned(),
        Problem::NotAnObject => " бояд объект бошад.".to_owned(),
        Problem::ForbiddenCharacter => " аломати номумкин дорад.".to_owned(),
        Problem::TooPrecise => ": баъди нуқта на зиёда аз ду рақам.".to_owned(),
        Problem::AtLeast(least) => format!(": на камтар аз {least}."),
        Problem::AtMost(most) => format!(": на зиёда аз {most}."),
        Problem::Between(least, most) => format!(": аз {least} то {most}."),
        Problem::TooLong(most) => format!(": на дарозтар аз {most} аломат."),
        Problem::TooMany(most) => format!(": на зиёда аз {most} сатр."),
        Problem::Neither(one, other) => format!(": {one} ё {other}."),
        Problem::NotAPhone => ": телефонро дар шакли байналмилалӣ нависед.".to_owned(),
        Problem::NoCountryCode => {
            ": рамзи кишвар бо 0 сар намешавад. Телефонро дар шакли байналмилалӣ нависед.".to_owned()
        }
        Problem::CountryCodeTwice => ": рамзи +992 ду бор навишта шудааст.".to_owned(),
        Problem::NotADate => ": санаро дар шакли СССС-ММ-РР нависед, масалан 1990-05-01.".to_owned(),
        Problem::NotAMoment => ": сана ва вақтро нависед, масалан 2026-06-05T14:30:00.".to_owned(),
        Problem::InTheFuture => ": сана дар оянда аст.".to_owned(),
        Problem::TooLongAgo => ": сана пеш аз соли 2000 аст. Санаро дар хазина тафтиш кунед.".to_owned(),
        Problem::NotAClient => ": телефон, EAN-13 ё корти мизоҷро нависед.".to_owned(),
        Problem::NotACode => ": шаш рақам.".to_owned(),
        Problem::OtherRegister => ": ин хазинаи X-Cashier-Token-и додашуда нест.".to_owned(),
        Problem::NotAWebAddress => {
            ": суроғаи https://…-ро нишон диҳед, ки аз интернет дастрас бошад.".to_owned()
        }
        Problem::UnknownEvent(name) => format!(": ҳодисаи {name} нест. Рӯйхат: /docs/partner."),
        Problem::NothingInStock => {
            ": рӯйхати холӣ бо deactivate_missing ҳамаи молҳоро хомӯш мекард. Молҳоро фиристед.".to_owned()
        }
        Problem::Repeated => ": ин артикул аллакай дар рӯйхат ҳаст.".to_owned(),
    };
    format!("Майдони {name}{what}")
}

pub fn complaint(complaint: Complaint) -> String {
    match complaint {
        Complaint::NotJson => "Матни дархост JSON нест.".to_owned(),
        Complaint::NotUtf8 => "Матни дархост дар рамзи UTF-8 нест. Онро дар UTF-8 фиристед.".to_owned(),
        Complaint::BadPacking => {
            "Матни дархостро кушодан мумкин нест: Content-Encoding gzip ё deflate мегӯяд, матн дигар аст."
                .to_owned()
        }
        Complaint::UnknownPacking => {
            "Чунин Content-Encoding қабул намешавад: матнро бе фишурдан, дар gzip ё deflate фиристед."
                .to_owned()
        }
        Complaint::NotAnObject => "Матни дархост бояд объекти JSON бошад.".to_owned(),
        Complaint::BadAddress => "Суроғаи дархостро хондан мумкин нест.".to_owned(),
        Complaint::UnknownPath => "Чунин суроға нест.".to_owned(),
        Complaint::WrongMethod => "Ин суроға чунин методро қабул намекунад.".to_owned(),
        Complaint::TooLarge { megabytes } => format!("Матни дархост аз {megabytes} МБ зиёд аст."),
        Complaint::TooManyValues => {
            "Дар матни дархост қиматҳо аз ҳад зиёданд. Онро ба қисмҳо ҷудо кунед.".to_owned()
        }
        Complaint::BadKey => "Idempotency-Key: аз 1 то 255 аломат.".to_owned(),
        Complaint::NothingToRevoke => "bonus_to_revoke ё original_external_sale_id-ро фиристед.".to_owned(),
        Complaint::NothingTaken => "Ягон артикул қабул нашуд.".to_owned(),
        Complaint::TooSlow => {
            "Сервер сари вақт ҷавоб надод. Дархостро бо ҳамон Idempotency-Key такрор кунед.".to_owned()
        }
        Complaint::Unavailable => {
            "Пойгоҳи дода дастрас нест. Дархостро баъди чанд сония такрор кунед.".to_owned()
        }
        Complaint::Broken => {
            "Хатои дохилӣ. Дархостро такрор кунед ё рақами X-Request-Id-ро ба мо гӯед.".to_owned()
        }
    }
}
