package normuon.job.checkpoint;

import java.io.Serializable;

/**
 * One written shard file of a checkpoint.
 *
 * @param file its name within the checkpoint's folder
 * @param bytes its size
 * @param sha256 the SHA-256 of its content, in hexadecimal
 */
public record ShardFile(String file, long bytes, String sha256) implements Serializable {}
