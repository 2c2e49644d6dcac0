//! `tokio::runtime` and `tokio::task`, in shuttle's hands.

pub use shuttle::future::JoinHandle;

/// Tokio's way to spawn. Everybody is on a runtime here.
#[derive(Debug)]
pub struct Handle;

impl Handle {
    /// # Errors
    /// None.
    pub fn try_current() -> Result<Self, &'static str> {
        Ok(Self)
    }

    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        shuttle::future::spawn(task)
    }
}
