package normuon.job.lake;

import java.util.List;
import java.util.Optional;
import normuon.job.data.Recipe;
import normuon.model.text.Tokenizer;

/**
 * A request of which everything outside of it is settled.
 *
 * @param request the request
 * @param sources its sources with their snapshots
 * @param recipe all that the bytes of the tokens depend on
 * @param file the tokenizer of its file; empty if it needs none
 */
record PreparationInput(
    LakeRequest request, List<PinnedSource> sources, Recipe recipe, Optional<Tokenizer> file) {}
