package normuon.job.config;

import java.util.List;

/**
 * A configuration in which no key has its default, as YAML and as the record it must become; but
 * for {@code data.sources} and {@code data.mixture}, which stand in place of {@code data.path}, and
 * {@code data.tokenizer_file}, which does not go with it.
 */
final class ExplicitConfiguration {

  static final String YAML =
      """
      run: {directory: "s3a://bucket/run", lease_seconds: 30}
      data:
        path: /lake/text
        format: parquet
        text_column: body
        tokenizer: gpt2
        validation_fraction: 0.25
        tokens_directory: /tokens
        documents: {minimum_characters: 8, maximum_characters: 9000, duplicates: keep}
      model:
        layers: 12
        heads: 6
        key_value_heads: 3
        head_width: 20
        width: 96
        context: 256
        mlp: squared_relu
        mlp_width: 384
        query_key_norm: true
        tied_head: true
        rotary_base: 500000
        norm_epsilon: 1.0e-5
        vocabulary_size: 50304
      initialization: {checkpoint: /lake/run/checkpoints/step-00000500, state: weights_and_optimizer}
      train:
        ranks: 4
        steps: 1000
        seed: 9007199254740993
        sequences_per_step: 32
        micro_batch_sequences: 4
        precision: bf16
        activation_checkpointing: blocks
        loss_chunk_tokens: 128
        threads_per_rank: 2
        verify_replicas_every_steps: 9
      weights: {layout: sharded, shard_group: 2, keep_gathered_blocks: 3}
      placement: {device: gpu}
      optimizer:
        name: adamw
        form: paper
        momentum_accumulation: heavy_ball
        momentum_lookahead: none
        polar_method: polar_express
        newton_schulz_steps: 6
        newton_schulz_precision: bf16
        learning_rate: 0.02
        weight_decay: 0.1
        momentum: 0.9
        momentum_schedule: {lowest: 0.8, warmup_steps: 30, cooldown_steps: 5}
        second_moment_decay: 0.99
        epsilon: 1.0e-9
        second_moment_axis: rows_or_columns
        scale: spectral
        weight_decay_reach: cautious
        weight_decay_strength: tied_to_learning_rate
        gradient_clip: 0
        max_refused_steps: 7
        groups:
          - {pattern: "*.q_proj.weight", rule: adamw, learning_rate: 0.003, weight_decay: 0}
          - {pattern: lm_head.weight, rule: normuon, learning_rate: 0.1, weight_decay: 0.5, row_blocks: 2}
        adamw: {learning_rate: 0.001, weight_decay: 0.2, beta1: 0.8, beta2: 0.98, epsilon: 1.0e-7}
        sophia:
          learning_rate: 0.004
          weight_decay: 0.3
          beta1: 0.96
          beta2: 0.98
          rho: 0.04
          gamma: 0.02
          refresh_every: 20
        schedule:
          name: unified_budget_aware
          warmup_steps: 10
          final_fraction: 0.05
          decay_fraction: 0.4
          phi: 2.5
          phases:
            - {share: 0.25, phi: 1, first_fraction: 1, final_fraction: 0.5}
            - {share: 0.75, phi: 5, first_fraction: 0.5, final_fraction: 0}
      checkpoint: {every_steps: 50, keep_last: 5, keep_every_steps: 200, ignore_damaged: true}
      evaluate: {every_steps: 25}
      communication: {deadline_seconds: 30, bucket_bytes: 65536, precision: bf16}
      recovery:
        attempts: 9
        backoff_seconds: 0.5
        slot_wait_seconds: 60
        minimum_ranks: 2
        stop_seconds: 7
      report:
        line_every_steps: 5
        event_every_steps: 10
        diagnostics_every_steps: 30
        html_every_seconds: 60
        tensorboard_directory: /lake/events
        mlflow_tracking_uri: http://tracker:5000
        mlflow_experiment: nightly
      generate: {tokens: 0, temperature: 1.0, top_k: 50, top_p: 0.9}
      export: {hugging_face: optional}
      retrain:
        directory: /lake/line
        old_share: 0.25
        epochs_of_new_data: 0
        tokens: 5000000
        inherit: weights_and_optimizer
        tolerance: 0.1
      """;

  static final RunConfiguration RECORD =
      new RunConfiguration(
          new RunSettings("s3a://bucket/run", 30),
          new DataSettings(
              "/lake/text",
              DataSettings.Format.PARQUET,
              "body",
              DataSettings.Tokenizer.GPT2,
              "",
              0.25,
              "/tokens",
              List.of(),
              new DocumentSettings(8, 9000, DocumentSettings.Duplicates.KEEP),
              List.of()),
          new ModelSettings(
              12,
              6,
              3,
              20,
              96,
              256,
              ModelSettings.Mlp.SQUARED_RELU,
              384,
              true,
              true,
              500_000,
              1e-5,
              50_304),
          new InitializationSettings(
              "/lake/run/checkpoints/step-00000500",
              InitializationSettings.State.WEIGHTS_AND_OPTIMIZER),
          new TrainSettings(
              4,
              1000,
              9_007_199_254_740_993L,
              32,
              4,
              TrainSettings.Precision.BF16,
              TrainSettings.ActivationCheckpointing.BLOCKS,
              128,
              2,
              9),
          new WeightsSettings(WeightsSettings.Layout.SHARDED, 2, 3),
          new PlacementSettings(PlacementSettings.Device.GPU),
          new OptimizerSettings(
              OptimizerSettings.Name.ADAMW,
              OptimizerSettings.Form.PAPER,
              OptimizerSettings.MomentumAccumulation.HEAVY_BALL,
              OptimizerSettings.MomentumLookahead.NONE,
              new DoubleOrPreset(0.9),
              new MomentumScheduleSettings(
                  new DoubleOrPreset(0.8), new IntegerOrPreset(30), new IntegerOrPreset(5)),
              OptimizerSettings.PolarMethod.POLAR_EXPRESS,
              new IntegerOrPreset(6),
              OptimizerSettings.Precision.BF16,
              OptimizerSettings.SecondMomentAxis.ROWS_OR_COLUMNS,
              new DoubleOrPreset(0.99),
              new DoubleOrPreset(1e-9),
              OptimizerSettings.Scale.SPECTRAL,
              0.02,
              0.1,
              OptimizerSettings.WeightDecayReach.CAUTIOUS,
              OptimizerSettings.WeightDecayStrength.TIED_TO_LEARNING_RATE,
              0,
              7,
              List.of(
                  new GroupSettings("*.q_proj.weight", GroupSettings.Rule.ADAMW, 0.003, 0, 1, 1),
                  new GroupSettings("lm_head.weight", GroupSettings.Rule.NORMUON, 0.1, 0.5, 2, 1)),
              new AdamWSettings(0.001, 0.2, 0.8, 0.98, 1e-7),
              new SophiaSettings(0.004, 0.3, 0.96, 0.98, 0.04, 0.02, 20),
              new ScheduleSettings(
                  ScheduleSettings.Name.UNIFIED_BUDGET_AWARE,
                  10,
                  0.05,
                  0.4,
                  2.5,
                  List.of(new PhaseSettings(0.25, 1, 1, 0.5), new PhaseSettings(0.75, 5, 0.5, 0)))),
          new CheckpointSettings(50, 5, 200, true),
          new EvaluateSettings(25),
          new CommunicationSettings(30, 65_536, CommunicationSettings.Precision.BF16),
          new RecoverySettings(9, 0.5, 60, 2, 7),
          new ReportSettings(5, 10, 30, 60, "/lake/events", "http://tracker:5000", "nightly"),
          new GenerateSettings(0, 1.0, 50, 0.9),
          new ExportSettings(ExportSettings.HuggingFace.OPTIONAL),
          new RetrainSettings(
              "/lake/line",
              0.25,
              0,
              5_000_000,
              InitializationSettings.State.WEIGHTS_AND_OPTIMIZER,
              0.1));

  private ExplicitConfiguration() {}
}
