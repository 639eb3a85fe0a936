/**
 * From text to tokens and back: bytes, characters, the byte-pair encoding of GPT-2, and any
 * tokenizer.json. It imports nothing of this project.
 */
package normuon.model.text;
