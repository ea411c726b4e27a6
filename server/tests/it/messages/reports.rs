//! What became of text messages, and what is left on the account that sends them.

use loyalty::model::{Channel, Delivery, Money};
use loyalty::usecase;
use server::workers::sms_reports::SmsReports;

use super::Outlets;
use crate::fakes::osonsms::Version;
use crate::on_both_engines;

on_both_engines! {
    async fn the_history_tells_whether_a_text_message_arrived_and_the_shop_what_is_left(api: Api) {
        let outlets = Outlets::open(api).await;
        let sms = &outlets.services.osonsms;
        sms.set_balance(12.345);
        outlets.buy(1).await;
        outlets.send().await;
        let mut reports = SmsReports::new(api.loyalty.clone(), outlets.services.channels());
        let asked = || sms.received().iter().filter(|asked| !asked.get("msg_id").is_empty()).count();
        reports.ask_all().await.unwrap();
        assert_eq!((asked(), outlets.last(1).await.delivery), (0, None), "not in the first minute");
        for (version, state, delivery, asks) in [
            (Version::Old, "ENROUTE", Delivery::OnItsWay, 1),
            (Version::New, "DELIVERED", Delivery::Delivered, 2),
            // What is known is not asked again.
            (Version::New, "REJECTED", Delivery::Delivered, 2),
        ] {
            sms.set_state(version, state);
            api.clock.pass(600);
            reports.ask_all().await.unwrap();
            assert_eq!((asked(), outlets.last(1).await.delivery), (asks, Some(delivery)), "{state}");
        }
        outlets.buy(2).await;
        outlets.send().await;
        api.clock.pass(60);
        reports.ask_all().await.unwrap();
        assert_eq!(outlets.last(2).await.delivery, Some(Delivery::Lost));
        let channels = usecase::channels(&api.loyalty, &*api.shop().await).await.unwrap();
        let sms = channels.iter().find(|card| card.channel == Channel::Sms).unwrap();
        assert_eq!(sms.balance, Some(Money::from_hundredths(1234)));
    }
}
