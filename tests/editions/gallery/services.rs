//! Whole services: a repository over a pool, and a server as a code generator for gRPC lays it out.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use cached_redis_runtime::{CacheKey, cache_aside, cache_invalidate};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::body;

// What a database library has.

#[derive(Clone, Default)]
struct PgPool {
    rows: Arc<Mutex<HashMap<Uuid, User>>>,
}

struct PgTransaction<'p> {
    pool: &'p PgPool,
}

#[derive(Debug, PartialEq)]
enum SqlError {
    RowNotFound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, CacheKey, Serialize, Deserialize)]
struct Uuid(u128);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: Uuid,
    email: String,
}

#[derive(Clone)]
struct UserRepository {
    pool: PgPool,
    tenant: Arc<str>,
}

impl UserRepository {
    /// Half of the pool's connections.
    const LOADS: usize = 8;

    #[cache_aside(key = "{<self.tenant>}:user:<id>", ttl = "1h", none_ttl = "30s")]
    pub(crate) async fn find_by_id(&self, id: Uuid) -> Result<Option<User>, SqlError> {
        body();
        let rows = self.pool.rows.lock().await;
        Ok(rows.get(&id).cloned())
    }

    #[cache_aside(key = "{<self.tenant>}:email:<email>", ttl = "10m", max_loads = Self::LOADS)]
    pub(crate) async fn get_by_email(&self, email: &str) -> Result<User, SqlError> {
        body();
        let rows = self.pool.rows.lock().await;
        let row = rows.values().find(|user| user.email == email).cloned();
        drop(rows);
        row.ok_or(SqlError::RowNotFound)
    }

    #[cache_invalidate(keys(
        "{<self.tenant>}:user:<user.id>",
        "{<self.tenant>}:email:<user.email>"
    ))]
    pub(crate) async fn upsert(&self, user: User) -> Result<(), SqlError> {
        body();
        self.pool.rows.lock().await.insert(user.id, user);
        Ok(())
    }

    #[cache_invalidate(keys("{<self.tenant>}:user:<ret.id>", "{<self.tenant>}:email:<ret.email>"))]
    pub(crate) async fn delete(
        &self,
        tx: &mut PgTransaction<'_>,
        id: Uuid,
    ) -> Result<User, SqlError> {
        body();
        tx.pool
            .rows
            .lock()
            .await
            .remove(&id)
            .ok_or(SqlError::RowNotFound)
    }
}

// What a gRPC library has.

struct Request<T> {
    message: T,
}

#[derive(Debug, PartialEq)]
struct Response<T>(T);

#[derive(Debug, PartialEq)]
enum Status {
    NotFound,
}

struct GetUser {
    id: u128,
}

struct PutUser {
    id: u128,
    email: String,
}

#[async_trait]
trait Users: Send + Sync + 'static {
    async fn get_user(&self, request: Request<GetUser>) -> Result<Response<User>, Status>;
    async fn put_user(&self, request: Request<PutUser>) -> Result<Response<()>, Status>;
}

struct Server {
    users: UserRepository,
}

impl Server {
    #[cache_aside(key = "grpc:<request.message.id>", ttl = 60)]
    async fn cached(&self, request: Request<GetUser>) -> Result<User, Status> {
        body();
        let pool = &self.users.pool;
        let row = pool
            .rows
            .lock()
            .await
            .get(&Uuid(request.message.id))
            .cloned();
        row.ok_or(Status::NotFound)
    }
}

#[async_trait]
impl Users for Server {
    async fn get_user(&self, request: Request<GetUser>) -> Result<Response<User>, Status> {
        Ok(Response(self.cached(request).await?))
    }

    #[cache_invalidate(key = "grpc:<request.message.id>")]
    async fn put_user(&self, request: Request<PutUser>) -> Result<Response<()>, Status> {
        body();
        let PutUser { id, email } = request.message;
        let user = User {
            id: Uuid(id),
            email,
        };
        self.users.pool.rows.lock().await.insert(user.id, user);
        Ok(Response(()))
    }
}

fn repository() -> UserRepository {
    UserRepository {
        pool: PgPool::default(),
        tenant: "shop".into(),
    }
}

fn ada(id: u128) -> User {
    User {
        id: Uuid(id),
        email: "ada@example.org".to_owned(),
    }
}

shapes! {
    repository_of_rows {
        let users = repository();
        assert_eq!(hit!(users.find_by_id(Uuid(1))), Ok(None));
        users.upsert(ada(1)).await.unwrap();
        assert_eq!(hit!(users.find_by_id(Uuid(1))), Ok(Some(ada(1))));
        assert_eq!(hit!(users.get_by_email("ada@example.org")), Ok(ada(1)));
    }
    repository_write {
        let users = repository();
        users.upsert(ada(1)).await.unwrap();
        invalidates!(users.upsert(ada(1)), users.find_by_id(Uuid(1))).unwrap();
        invalidates!(users.upsert(ada(1)), users.get_by_email("ada@example.org")).unwrap();
    }
    repository_delete {
        let users = repository();
        users.upsert(ada(1)).await.unwrap();
        let pool = users.pool.clone();
        invalidates!(users.delete(&mut PgTransaction { pool: &pool }, Uuid(1)), users.find_by_id(Uuid(1))).unwrap();
    }
    grpc_server {
        let server = Server { users: repository() };
        let get = || Request { message: GetUser { id: 1 } };
        let put = || Request { message: PutUser { id: 1, email: "ada@example.org".to_owned() } };
        assert_eq!(server.get_user(get()).await, Err(Status::NotFound));
        server.put_user(put()).await.unwrap();
        invalidates!(server.put_user(put()), server.get_user(get())).unwrap();
        assert_eq!(server.get_user(get()).await, Ok(Response(ada(1))));
    }
}
