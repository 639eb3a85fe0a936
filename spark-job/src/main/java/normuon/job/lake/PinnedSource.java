package normuon.job.lake;

import normuon.job.config.SourceSettings;
import normuon.job.data.TokenManifest.Source;

/**
 * A source of which it is settled what is read.
 *
 * @param place its key, for messages
 * @param settings what the user wrote
 * @param source what is read
 */
record PinnedSource(String place, SourceSettings settings, Source source) {}
