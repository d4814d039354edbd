//! A peer program of the lab, which is for Linux alone.

#[cfg(target_os = "linux")]
mod engine;

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    engine::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> Result<(), &'static str> {
    Err("the lab cannot run here: it needs the network namespaces of Linux")
}
