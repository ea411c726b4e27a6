//! R-CASHIER, R-DEVICE and rulings 1, 2 and 4.

use loyalty::usecase::{self, Denied, Error};

use crate::on_both_engines;
use crate::shop::Shop;

async fn denied(shop: &Shop, tenant: Option<&str>, cashier: Option<&str>, device: Option<&[u8]>) -> Denied {
    match usecase::identify_register(&shop.loyalty, tenant, cashier, device).await {
        Err(Error::Denied(denied)) => denied,
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    async fn rulings_1_and_2_say_what_is_missing(shop: Shop) {
        let (tenant, cashier) = (shop.demo.tenant.token.as_str(), shop.demo.cashier_nodes[0].token.as_str());
        let device = Some(&b"pc"[..]);
        assert_eq!(denied(shop, None, Some(cashier), device).await, Denied::TenantMissing);
        assert_eq!(denied(shop, Some("?"), Some(cashier), device).await, Denied::TenantUnknown);
        assert_eq!(denied(shop, Some(tenant), None, device).await, Denied::RegisterMissing);
        assert_eq!(denied(shop, Some(tenant), Some("?"), device).await, Denied::RegisterUnknown);
        assert_eq!(denied(shop, Some(tenant), Some(cashier), None).await, Denied::DeviceMissing);
        assert_eq!(denied(shop, Some(tenant), Some(cashier), Some(&[b'x'; 256])).await, Denied::DeviceTooLong);
    }

    async fn r_device_1_and_2_the_first_device_stays(shop: Shop) {
        let (tenant, cashier) = (shop.demo.tenant.token.as_str(), shop.demo.cashier_nodes[0].token.as_str());
        let first = "Касса-ПК".as_bytes();
        for _ in 0..2 {
            let register = usecase::identify_register(&shop.loyalty, Some(tenant), Some(cashier), Some(first)).await;
            assert_eq!(register.unwrap().id, 1);
        }
        for other in ["касса-пк".as_bytes(), &[0xff, 0xfe]] {
            assert_eq!(denied(shop, Some(tenant), Some(cashier), Some(other)).await, Denied::OtherDevice);
        }
    }

    async fn r_device_1_one_of_two_devices_at_once_is_bound(shop: Shop) {
        let (tenant, cashier) = (shop.demo.tenant.token.as_str(), shop.demo.cashier_nodes[1].token.as_str());
        let identify = |device: &'static [u8]| {
            usecase::identify_register(&shop.loyalty, Some(tenant), Some(cashier), Some(device))
        };
        let (one, two) = tokio::join!(identify(b"one"), identify(b"two"));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    }
}
