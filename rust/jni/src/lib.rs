//! The JNI bridge.
