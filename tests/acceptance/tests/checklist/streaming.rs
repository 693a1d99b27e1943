//! Locators, endpoints, manifests and fragments.
