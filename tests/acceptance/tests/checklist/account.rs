//! What an account has and how much of it: ids, quotas, notifications, ingest.
