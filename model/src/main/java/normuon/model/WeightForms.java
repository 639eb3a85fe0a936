package normuon.model;

/**
 * The weights of a model, stage by stage, in two forms.
 *
 * @param computed what it multiplies with in the precision of its products
 * @param wide all in the type of the residual stream, as decoders compute
 */
record WeightForms(Stages computed, Stages wide) {}
