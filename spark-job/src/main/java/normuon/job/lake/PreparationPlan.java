package normuon.job.lake;

import java.util.Map;
import normuon.job.data.Recipe;
import normuon.model.text.TokenizerDescription;

/**
 * What a preparation has settled before it tokenizes, so that one that is broken off goes on with
 * the same.
 *
 * @param recipe the sources with their snapshots, and what is made of them
 * @param tokenizer the tokenizer, with the characters of the text if it needs them
 * @param bucketDigits the number of digits that name a bucket
 * @param dropped the number of rows that are no documents, by the reason
 */
record PreparationPlan(
    Recipe recipe, TokenizerDescription tokenizer, int bucketDigits, Map<String, Long> dropped) {}
