-- What is derived from the entities. Statements that can be run at every start.

-- Bulk uploads: how far a manifest is, and which of its assets wait for files.
CREATE INDEX IF NOT EXISTS ingest_file_of_manifest
    ON IngestManifestFiles (ParentIngestManifestId, Name);
CREATE INDEX IF NOT EXISTS ingest_file_of_asset
    ON IngestManifestFiles (ParentIngestManifestAssetId, State);
CREATE INDEX IF NOT EXISTS ingest_asset_of_manifest
    ON IngestManifestAssets (ParentIngestManifestId);

DROP TRIGGER IF EXISTS ingest_file_insert;
CREATE TRIGGER ingest_file_insert AFTER INSERT ON IngestManifestFiles BEGIN
    UPDATE IngestManifests SET State = 2, Statistics = json_set(Statistics,
            '$.PendingFilesCount', json_extract(Statistics, '$.PendingFilesCount') + 1)
        WHERE Id = NEW.ParentIngestManifestId;
    INSERT INTO link (source_set, source_key, navigation, position, target_set, target_key)
        SELECT 'IngestManifests', NEW.ParentIngestManifestId, 'PendingIngestManifestAssets',
            (SELECT COALESCE(MAX(position), 0) + 1 FROM link
                WHERE source_set = 'IngestManifests' AND source_key = NEW.ParentIngestManifestId
                AND navigation = 'PendingIngestManifestAssets'),
            'IngestManifestAssets', NEW.ParentIngestManifestAssetId
        WHERE NOT EXISTS (SELECT 1 FROM link
            WHERE target_set = 'IngestManifestAssets' AND target_key = NEW.ParentIngestManifestAssetId
            AND source_set = 'IngestManifests' AND navigation = 'PendingIngestManifestAssets');
END;

DROP TRIGGER IF EXISTS ingest_file_state;
CREATE TRIGGER ingest_file_state AFTER UPDATE OF State ON IngestManifestFiles
WHEN OLD.State = 0 AND NEW.State <> 0 BEGIN
    UPDATE IngestManifests SET Statistics = json_set(Statistics,
            '$.PendingFilesCount', json_extract(Statistics, '$.PendingFilesCount') - 1,
            '$.FinishedFilesCount',
                json_extract(Statistics, '$.FinishedFilesCount') + (NEW.State = 1),
            '$.ErrorFilesCount', json_extract(Statistics, '$.ErrorFilesCount') + (NEW.State = 2),
            '$.ErrorFilesDetails', CASE
                WHEN NEW.State <> 2
                    OR length(json_extract(Statistics, '$.ErrorFilesDetails')) > 4000
                    THEN json_extract(Statistics, '$.ErrorFilesDetails')
                ELSE COALESCE(json_extract(Statistics, '$.ErrorFilesDetails') || char(10), '')
                    || NEW.Name || ': ' || COALESCE(NEW.ErrorDetail, '')
            END)
        WHERE Id = NEW.ParentIngestManifestId;
    UPDATE IngestManifests SET State = 0
        WHERE Id = NEW.ParentIngestManifestId
        AND json_extract(Statistics, '$.PendingFilesCount') = 0;
    DELETE FROM link
        WHERE target_set = 'IngestManifestAssets' AND target_key = NEW.ParentIngestManifestAssetId
        AND source_set = 'IngestManifests' AND navigation = 'PendingIngestManifestAssets'
        AND NOT EXISTS (SELECT 1 FROM IngestManifestFiles
            WHERE ParentIngestManifestAssetId = NEW.ParentIngestManifestAssetId AND State = 0);
END;

DROP TRIGGER IF EXISTS ingest_file_delete;
CREATE TRIGGER ingest_file_delete AFTER DELETE ON IngestManifestFiles BEGIN
    UPDATE IngestManifests SET Statistics = json_set(Statistics,
            '$.PendingFilesCount',
                json_extract(Statistics, '$.PendingFilesCount') - (OLD.State = 0),
            '$.FinishedFilesCount',
                json_extract(Statistics, '$.FinishedFilesCount') - (OLD.State = 1),
            '$.ErrorFilesCount', json_extract(Statistics, '$.ErrorFilesCount') - (OLD.State = 2))
        WHERE Id = OLD.ParentIngestManifestId;
    UPDATE IngestManifests SET State = 0
        WHERE Id = OLD.ParentIngestManifestId
        AND json_extract(Statistics, '$.PendingFilesCount') = 0;
    DELETE FROM link
        WHERE target_set = 'IngestManifestAssets' AND target_key = OLD.ParentIngestManifestAssetId
        AND source_set = 'IngestManifests' AND navigation = 'PendingIngestManifestAssets'
        AND NOT EXISTS (SELECT 1 FROM IngestManifestFiles
            WHERE ParentIngestManifestAssetId = OLD.ParentIngestManifestAssetId AND State = 0);
END;

-- Notifications: what is to be told to whom, as it happened. A message is there from the commit on
-- that it tells of, and leaves when it is delivered. States: 3 Finished, 4 Error, 5 Canceled are
-- final. An end point that cannot keep up gets no more than the messages that it has to catch up
-- with.
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    end_point TEXT NOT NULL,
    -- Messages to one end point about one subject are delivered in order.
    subject TEXT NOT NULL,
    event TEXT NOT NULL,
    task TEXT,
    job_name TEXT,
    old_state INTEGER,
    new_state INTEGER,
    progress INTEGER,
    -- Of an end point that is gone: where its last message goes.
    end_point_name TEXT,
    address TEXT,
    credential TEXT,
    happened TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Milliseconds since 1970.
    due INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox_order ON outbox (end_point, subject, seq);
CREATE INDEX IF NOT EXISTS outbox_subject ON outbox (subject, event);

DROP TRIGGER IF EXISTS outbox_limit;
CREATE TRIGGER outbox_limit BEFORE INSERT ON outbox
WHEN (SELECT COUNT(*) FROM outbox WHERE end_point = NEW.end_point) >= 10000 BEGIN
    SELECT RAISE(IGNORE);
END;

DROP TRIGGER IF EXISTS notify_registration;
CREATE TRIGGER notify_registration AFTER INSERT ON NotificationEndPoints BEGIN
    INSERT INTO outbox (end_point, subject, event)
        VALUES (NEW.Id, NEW.Id, 'NotificationEndPointRegistration');
END;

DROP TRIGGER IF EXISTS notify_removal;
CREATE TRIGGER notify_removal AFTER DELETE ON NotificationEndPoints BEGIN
    DELETE FROM outbox WHERE end_point = OLD.Id;
    INSERT INTO outbox (end_point, subject, event, end_point_name, address, credential)
        VALUES (OLD.Id, OLD.Id, 'NotificationEndPointUnregistration', OLD.Name,
            OLD.EndPointAddress, OLD.EncryptedEndPointCredential);
END;

DROP TRIGGER IF EXISTS notify_job_state;
CREATE TRIGGER notify_job_state AFTER UPDATE OF State ON Jobs
WHEN OLD.State <> NEW.State AND NEW.JobNotificationSubscriptions LIKE '[{%' BEGIN
    INSERT INTO outbox (end_point, subject, event, job_name, old_state, new_state)
        SELECT value ->> 'NotificationEndPointId', NEW.Id, 'JobStateChange', NEW.Name,
            OLD.State, NEW.State
        FROM json_each(NEW.JobNotificationSubscriptions)
        WHERE value ->> 'TargetJobState' = 2 OR NEW.State IN (3, 4, 5);
END;

DROP TRIGGER IF EXISTS notify_task_state;
CREATE TRIGGER notify_task_state AFTER UPDATE OF State ON Tasks
WHEN OLD.State <> NEW.State AND NEW.TaskNotificationSubscriptions LIKE '[{%' BEGIN
    INSERT INTO outbox (end_point, subject, event, task, old_state, new_state)
        SELECT value ->> 'NotificationEndPointId', link.source_key, 'TaskStateChange', NEW.Id,
            OLD.State, NEW.State
        FROM json_each(NEW.TaskNotificationSubscriptions)
        JOIN link ON link.target_set = 'Tasks' AND link.target_key = NEW.Id
            AND link.source_set = 'Jobs' AND link.navigation = 'Tasks'
        WHERE value ->> 'TargetTaskState' = 2 OR NEW.State IN (3, 4, 5);
END;

-- Of progress, only the latest counts that nobody was told yet.
DROP TRIGGER IF EXISTS notify_task_progress;
CREATE TRIGGER notify_task_progress AFTER UPDATE OF Progress ON Tasks
WHEN NEW.State IN (1, 2) AND OLD.Progress <> NEW.Progress
    AND NEW.TaskNotificationSubscriptions LIKE '[{%' BEGIN
    DELETE FROM outbox
        WHERE event = 'TaskProgress' AND task = NEW.Id AND attempts = 0 AND subject =
            (SELECT source_key FROM link WHERE target_set = 'Tasks' AND target_key = NEW.Id
                AND source_set = 'Jobs' AND navigation = 'Tasks');
    INSERT INTO outbox (end_point, subject, event, task, new_state, progress)
        SELECT value ->> 'NotificationEndPointId', link.source_key, 'TaskProgress', NEW.Id,
            NEW.State, CAST(NEW.Progress AS INTEGER)
        FROM json_each(NEW.TaskNotificationSubscriptions)
        JOIN link ON link.target_set = 'Tasks' AND link.target_key = NEW.Id
            AND link.source_set = 'Jobs' AND link.navigation = 'Tasks'
        WHERE value ->> 'IncludeTaskProgress' = 1;
END;
