/**
 * The decoder-only language model: its configuration, parameters, forward and backward pass, and
 * the sampling of text. Of this project it imports {@code normuon.torch} alone.
 */
package normuon.model;
