/**
 * What is done with a model once it is trained: it is opened from where it lies, writes text, and
 * is measured on text. It may import the training and what stands below it.
 */
package normuon.job.inference;
