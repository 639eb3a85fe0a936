/**
 * Trained models, from wherever they are stored, and their way out into folders that Hugging Face's
 * libraries load.
 */
package normuon.job.export;
