    pub async fn find_NUMBER(&self, id: u64) -> Result<Option<Profile>, DbError> {
        let load = || async move {
            let Some(row) = self.db.fetch(NUMBER, id).await? else { return Ok(None) };
            Ok(Some(Profile { id, name: row.name, email: row.email, roles: row.roles }))
        };
        let key = format!("profile-NUMBER:{id}");
        let mut redis = self.redis.clone();
        for _ in 0..100 {
            let mut get = redis::cmd("GET");
            get.arg(&key);
            let Ok(found) = get.query_async::<Option<Vec<u8>>>(&mut redis).await else { return load().await };
            if let Some(bytes) = found {
                match bytes.split_at_checked(17) {
                    Some((head, payload)) if head[0] == VALUE => match rmp_serde::from_slice::<Profile>(payload) {
                        Ok(hit) => return Ok(Some(hit)),
                        Err(_) => return load().await,
                    },
                    Some((head, _)) if head[0] == LEASE => {
                        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                        continue;
                    }
                    _ => return load().await,
                }
            }
            let nonce = nonce();
            let lease = entry(LEASE, &nonce, &[]);
            let mut claim = redis::cmd("SET");
            claim.arg(&key).arg(&lease).arg("NX").arg("PX").arg(10_000);
            match claim.query_async::<Option<String>>(&mut redis).await {
                Err(_) => return load().await,
                Ok(None) => continue,
                Ok(Some(_)) => {}
            }
            let loaded = load().await;
            let mut end = redis::cmd("EVAL");
            match &loaded {
                Ok(Some(value)) => match rmp_serde::to_vec_named(value) {
                    Ok(bytes) => {
                        let bytes = entry(VALUE, &nonce, &bytes);
                        end.arg(FILL).arg(1).arg(&key).arg(&nonce[..]).arg(bytes).arg(3_600_000);
                    }
                    Err(_) => {
                        end.arg(RELEASE).arg(1).arg(&key).arg(&lease);
                    }
                },
                _ => {
                    end.arg(RELEASE).arg(1).arg(&key).arg(&lease);
                }
            }
            let _ = end.query_async::<Option<String>>(&mut redis).await;
            return loaded;
        }
        load().await
    }
