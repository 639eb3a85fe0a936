package normuon.model;

/**
 * How the next token is computed. The tokens are the same; their price is not. Either computes in
 * float32, whatever training computed in.
 */
public enum Decoding {
  /** The keys and values of the tokens before are kept: a token costs one token's arithmetic. */
  CACHED {
    @Override
    Decoder open(StagedGpt model, Stages wideWeights) {
      return new CachedDecoder(model, wideWeights);
    }
  },
  /** The whole window runs through the model for each token, as in training. */
  UNCACHED {
    @Override
    Decoder open(StagedGpt model, Stages wideWeights) {
      return new UncachedDecoder(model);
    }
  };

  /** Opens a decoder, which the caller closes before the model. */
  Decoder open(Gpt model) {
    return open(model.staged());
  }

  /** Opens a decoder, which the caller closes before the model. */
  Decoder open(StagedGpt model) {
    return open(model, model.wideWeights());
  }

  abstract Decoder open(StagedGpt model, Stages wideWeights);
}
