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

-- Operations are polled soon after they begin, and of no use for long.
DROP TRIGGER IF EXISTS operation_insert;
CREATE TRIGGER operation_insert AFTER INSERT ON Operations BEGIN
    DELETE FROM Operations WHERE seq <= NEW.seq - 10000;
END;
