/**
 * Models as folders of Hugging Face's layout: configuration, weights and tokenizer files, read and
 * written. It may import the model, the tokenizers and {@code normuon.torch}.
 */
package normuon.model.hub;
