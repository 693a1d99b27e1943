//! OData as clients speak it: tokens, formats, verbs, batches, errors.
