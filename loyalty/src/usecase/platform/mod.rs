//! The installation: its shops and the demo shop.

pub(super) mod provision_demo;

pub use provision_demo::{
    Demo, DemoBranch, DemoClient, DemoRegister, DemoTenant, provision_demo, set_demo_reach,
};
