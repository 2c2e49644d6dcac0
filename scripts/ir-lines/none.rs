    pub async fn find_NUMBER(&self, id: u64) -> Result<Option<Profile>, DbError> {
        let Some(row) = self.db.fetch(NUMBER, id).await? else { return Ok(None) };
        Ok(Some(Profile { id, name: row.name, email: row.email, roles: row.roles }))
    }
