//! A link emulator in virtual time.
