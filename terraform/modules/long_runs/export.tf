# The definition of the machine that runs one export: the function first, a task on Fargate where that is not enough.
# JSONPath, since no emulator runs JSONata offline. docs/long-runs.md has the picture.
locals {
  # As docs/operations.md has them: what README.md calls retryable, but not a name that is taken or a run that was stopped.
  retryable = [
    "ParameterStoreFailed", "AssumeRoleFailed", "DbInstanceNotAvailable", "DescribeFailed", "DnsFailed", "ConnectTimeout", "ConnectRefused",
    "ConnectFailed", "QueryTimeout", "SnapshotUnavailable", "ConnectionLost", "UploadFailed",
  ]
  # Calls that AWS refused or lost. A function that was idle for weeks is not ready at first.
  retry_lambda = {
    ErrorEquals = ["Lambda.ResourceNotReadyException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException", "Lambda.TooManyRequestsException", "Lambda.EC2ThrottledException", "Lambda.ENILimitReachedException"]
    IntervalSeconds = 20, BackoffRate = 2, MaxAttempts = 6, MaxDelaySeconds = 300, JitterStrategy = "FULL"
  }
  retry_ecs = {
    ErrorEquals     = ["AmazonECS.Unknown", "ECS.AmazonECSException", "ECS.ServerException", "ECS.ThrottlingException", "ECS.SdkClientException"]
    IntervalSeconds = 30, BackoffRate = 2, MaxAttempts = 6, MaxDelaySeconds = 600, JitterStrategy = "FULL"
  }
  retry_call = { ErrorEquals = ["States.TaskFailed"], IntervalSeconds = 2, BackoffRate = 2, MaxAttempts = 4, JitterStrategy = "FULL" }

  put_options = { for k, v in {
    ContentType          = "application/json", ExpectedBucketOwner = var.bucket_owner
    ServerSideEncryption = var.s3_kms_key_id == null ? null : "aws:kms", SSEKMSKeyId = var.s3_kms_key_id
  } : k => v if v != null }
  put_result = merge(local.put_options, { Bucket = var.bucket })

  # A choice on a field that may be missing or null.
  compressions = { none = "", gzip = ".gz", zstd = ".zst" }
  endings      = merge([for format in ["csv", "jsonl"] : { for c, end in local.compressions : ".${format}${end}" => { format = format, compression = c } }]...)
  has          = { for field in ["event.incremental", "event.tables", "event.partitionBy", "event.maxFileSize", "event.format", "event.compression"] : field => { And = [{ Variable = "$.${field}", IsPresent = true }, { Variable = "$.${field}", IsNull = false }] } }
  is           = { for field in ["event.format", "event.compression"] : field => { for value in ["csv", "jsonl", "parquet", "none", "gzip", "zstd"] : value => { And = [{ Variable = "$.${field}", IsPresent = true }, { Variable = "$.${field}", StringEquals = value }] } } }
  usual        = { "event.format" = lookup(var.environment, "FORMAT", "csv"), "event.compression" = try(local.compressions[var.environment["COMPRESSION"]], null) == null ? "none" : var.environment["COMPRESSION"] }
  # Every result is a set, whose name is that of a folder.
  all_sets = contains(keys(var.environment), "MAX_FILE_SIZE")
  # Where the field is absent, the operator's variable counts.
  matches = { for field, usual in local.usual : field => { for value, rule in local.is[field] :
  value => [rule, { Or = [rule, { Not = local.has[field] }] }][value == usual ? 1 : 0] } }

  # What the machine sets, so that an attempt which comes again writes nothing twice. An incremental run has its own protocol.
  sets = merge(
    { "Incremental" = { Type = "Pass", Result = { raiseOnError = true }, ResultPath = "$.fixed", Next = "Prepare" } },
    { "Named" = { Type = "Pass", Result = { raiseOnError = true, ifExists = "skip" }, ResultPath = "$.fixed", Next = "Prepare" } },
    { for ending in concat([""], local.all_sets ? [] : concat([".parquet"], keys(local.endings))) : "Name ${ending == "" ? "folder" : ending}" => {
      Type       = "Pass", ResultPath = "$.fixed", Next = "Prepare"
      Parameters = { raiseOnError = true, ifExists = "skip", "fileName.$" = "States.Format('{}${ending}', $$.Execution.Name)" }
    } },
  )

  export_states = merge(local.sets, {
    "Input" = { Type = "Choice", Default = "Name folder", Choices = concat(
      [
        { Variable = "$.event", IsPresent = false, Next = "NoEvent" },
        merge(local.has["event.incremental"], { Next = "Incremental" }),
        { And = [{ Variable = "$.event.fileName", IsPresent = true }, { Variable = "$.event.fileName", IsString = true }], Next = "Named" },
      ],
      [for choice in concat(
        [{ Or = [for field in ["event.tables", "event.partitionBy", "event.maxFileSize"] : local.has[field]], Next = "Name folder" }],
        [merge(local.matches["event.format"]["parquet"], { Next = "Name .parquet" })],
        [for ending, of in local.endings : { And = [local.matches["event.format"][of.format], local.matches["event.compression"][of.compression]], Next = "Name ${ending}" }],
      ) : choice if !local.all_sets]
    ) }
    "NoEvent" = { Type = "Fail", Error = "InvalidRequest", Cause = "The input has no event: it is {\"event\": {…}}, with \"route\": \"fargate\" to leave the function out." }

    "Prepare" = { Type = "Pass", ResultPath = "$.run", Next = "Route", Parameters = {
      "event.$"  = "States.JsonMerge($.event, $.fixed, false)"
      "folder.$" = "States.Format('${var.results_prefix}/{}', $$.Execution.Name)"
      attempt    = 1
    } }
    "Route" = { Type = "Choice", Default = "Function", Choices = [
      # A plan hands its template's route on in each event.
      { Or = [for field in ["route", "event.route"] : { And = [{ Variable = "$.${field}", IsPresent = true }, { Variable = "$.${field}", StringEquals = "fargate" }] }], Next = "Store event" }
    ] }

    "Function" = {
      Type           = "Task", Resource = "arn:${local.partition}:states:::lambda:invoke", OutputPath = "$.Payload", End = true
      TimeoutSeconds = var.function_timeout + 30
      Parameters     = { FunctionName = var.alias_arn, "Payload.$" = "$.run.event" }
      Retry          = [local.retry_lambda, { ErrorEquals = local.retryable, IntervalSeconds = 60, BackoffRate = 2, MaxAttempts = 3 }]
      Catch          = [{ ErrorEquals = ["DeadlineExceeded", "Sandbox.Timedout", "States.Timeout"], ResultPath = "$.function", Next = "Store event" }]
    }

    # Overrides of a task hold 8,192 characters, and no Choice can measure a text: every event goes through S3.
    "Store event" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:putObject", ResultPath = null, Next = "Task"
      Parameters = merge(local.put_result, { "Key.$" = "States.Format('{}/event.json', $.run.folder)", "Body.$" = "$.run.event" })
      Retry      = [local.retry_call]
    }
    "Task" = {
      Type = "Task", Resource = "arn:${local.partition}:states:::ecs:runTask.sync", ResultPath = "$.task", Next = "Result"
      Parameters = {
        Cluster              = aws_ecs_cluster.this.arn
        TaskDefinition       = aws_ecs_task_definition.this.arn
        LaunchType           = "FARGATE"
        PropagateTags        = "TASK_DEFINITION"
        NetworkConfiguration = { AwsvpcConfiguration = { Subnets = var.subnet_ids, SecurityGroups = var.security_group_ids, AssignPublicIp = "DISABLED" } }
        Overrides = { ContainerOverrides = [{ Name = local.container.name, Environment = [
          { Name = "EVENT", "Value.$" = "States.Format('s3://${var.bucket}/{}/event.json', $.run.folder)" },
          { Name = "RESULT", "Value.$" = "States.Format('s3://${var.bucket}/{}/{}.json', $.run.folder, $.run.attempt)" },
        ] }] }
      }
      Retry = [local.retry_ecs]
      Catch = [{ ErrorEquals = ["States.TaskFailed"], ResultPath = "$.task", Next = "Result" }]
    }

    # The task's description says how it ended; why, and whether it may succeed later, says the program in its result.
    "Result" = {
      Type           = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:getObject", ResultPath = "$.result", Next = "Outcome"
      Parameters     = { Bucket = var.bucket, ExpectedBucketOwner = var.bucket_owner, "Key.$" = "States.Format('{}/{}.json', $.run.folder, $.run.attempt)" }
      ResultSelector = { "answer.$" = "States.StringToJson($.Body)" }
      Retry          = [{ ErrorEquals = ["S3.SdkClientException"], IntervalSeconds = 2, BackoffRate = 2, MaxAttempts = 4 }]
      Catch          = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.missing", Next = "No result" }]
    }
    "No result" = { Type = "Choice", Default = "ResultMissing", Choices = [{ Variable = "$.task.Cause", IsPresent = true, Next = "TaskFailed" }] }
    # It never ran, or was killed: the cause is ECS's description of the task.
    "TaskFailed"    = { Type = "Fail", Error = "TaskFailed", CausePath = "$.task.Cause" }
    "ResultMissing" = { Type = "Fail", Error = "ResultMissing", CausePath = "States.Format('The task ended well, but its result cannot be read: {}', $.missing.Cause)" }

    "Outcome" = { Type = "Choice", Default = "Failed", Choices = [
      { Variable = "$.result.answer.statusCode", NumericEquals = 200, Next = "Done" },
      { And = [
        { Variable = "$.result.answer.body.retryable", IsPresent = true }, { Variable = "$.result.answer.body.retryable", BooleanEquals = true },
        { Variable = "$.run.attempt", NumericLessThan = var.attempts },
      ], Next = "Wait" },
    ] }
    "Wait" = { Type = "Wait", Seconds = 60, Next = "Again" }
    "Again" = { Type = "Pass", ResultPath = "$.run", Next = "Task", Parameters = {
      "event.$" = "$.run.event", "folder.$" = "$.run.folder", "attempt.$" = "States.MathAdd($.run.attempt, 1)"
    } }
    "Failed" = { Type = "Fail", ErrorPath = "$.result.answer.body.errorType", CausePath = "States.Format('{} {}', $.result.answer.body.error, $.result.answer.body.hint)" }
    "Done"   = { Type = "Succeed", OutputPath = "$.result.answer" }
  })

  export_definition = jsonencode({
    Comment        = "One export: the function, then a task on Fargate if it takes longer"
    StartAt        = "Input"
    TimeoutSeconds = var.timeout_hours * 3600
    States         = local.export_states
  })
}
