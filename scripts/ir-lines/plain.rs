    pub async fn find_NUMBER(&self, id: u64) -> Result<Option<Profile>, DbError> {
        let key = format!("profile-NUMBER:{id}");
        let mut redis = self.redis.clone();
        if let Ok(Some(bytes)) = redis::cmd("GET").arg(&key).query_async::<Option<Vec<u8>>>(&mut redis).await
            && let Ok(hit) = rmp_serde::from_slice::<Profile>(&bytes)
        {
            return Ok(Some(hit));
        }
        let loaded: Result<Option<Profile>, DbError> = async {
            let Some(row) = self.db.fetch(NUMBER, id).await? else { return Ok(None) };
            Ok(Some(Profile { id, name: row.name, email: row.email, roles: row.roles }))
        }
        .await;
        if let Ok(Some(value)) = &loaded
            && let Ok(bytes) = rmp_serde::to_vec_named(value)
        {
            let mut set = redis::cmd("SET");
            set.arg(&key).arg(bytes).arg("EX").arg(3600);
            let _ = set.query_async::<()>(&mut redis).await;
        }
        loaded
    }
