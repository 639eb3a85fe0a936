/**
 * From text to tokens and back: bytes, characters and the byte-pair encoding of GPT-2. It imports
 * nothing of this project.
 */
package normuon.model.text;
