# The definition of the machine that runs a list of exports: each is an execution of the other machine. All run, whatever fails.
locals {
  # A child's failure is noted as an object, so that the summary of any number of them needs no code: the Map's own counts, and the
  # first of these notes.
  child_states = {
    "Name" = { Type = "Choice", Default = "By number", Choices = [for field in ["fileName", "table"] : {
      And = [{ Variable = "$.event.${field}", IsPresent = true }, { Variable = "$.event.${field}", IsString = true }], Next = "By ${field}"
    }] }
    "By fileName" = { Type = "Pass", Parameters = { "name.$" = "$.event.fileName" }, ResultPath = "$.item", Next = "Export" }
    "By table"    = { Type = "Pass", Parameters = { "name.$" = "$.event.table" }, ResultPath = "$.item", Next = "Export" }
    "By number"   = { Type = "Pass", Parameters = { "name.$" = "States.Format('number {}', $.index)" }, ResultPath = "$.item", Next = "Export" }

    "Export" = {
      Type = "Task", Resource = "arn:${local.partition}:states:::states:startExecution.sync:2", ResultPath = "$.answer", Next = "Stood there"
      Parameters = { StateMachineArn = aws_sfn_state_machine.export.arn, Input = {
        "event.$" = "$.event", "route.$" = "$.route", "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$" = "$$.Execution.Id"
      } }
      ResultSelector = { "message.$" = "$.Output.body.message" }
      Retry = [{
        ErrorEquals     = ["StepFunctions.ExecutionLimitExceededException", "StepFunctions.AWSStepFunctionsException", "StepFunctions.SdkClientException"]
        IntervalSeconds = 5, BackoffRate = 2, MaxAttempts = 8, MaxDelaySeconds = 300, JitterStrategy = "FULL"
      }]
      Catch = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.failure", Next = "Failure" }]
    }
    "Stood there" = { Type = "Choice", Default = "Done", Choices = [{ Variable = "$.answer.message", StringMatches = "*; nothing was extracted*", Next = "Note skipped" }] }
    "Note skipped" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:putObject", ResultPath = null, Next = "Done"
      Parameters = merge(local.put_result, { "Key.$" = "States.Format('{}/skipped/{}.json', $.folder, $.index)", "Body.$" = "$.item" })
      Retry      = [local.retry_call]
    }
    "Done" = { Type = "Succeed", OutputPath = "$.item" }

    # The cause of a failed execution is its description as JSON, that of a call which was refused a sentence.
    "Failure" = { Type = "Choice", Default = "Refused", Choices = [
      { And = [{ Variable = "$.failure.Error", StringEquals = "States.TaskFailed" }, { Variable = "$.failure.Cause", StringMatches = "{*}" }], Next = "Read failure" }
    ] }
    "Read failure" = { Type = "Pass", Parameters = { "of.$" = "States.StringToJson($.failure.Cause)" }, ResultPath = "$.execution", Next = "Ended" }
    # An execution that was stopped or timed out may have no error.
    "Ended" = { Type = "Choice", Default = "Stopped", Choices = [
      { And = [{ Variable = "$.execution.of.Error", IsPresent = true }, { Variable = "$.execution.of.Cause", IsPresent = true }], Next = "Explained" }
    ] }
    "Explained" = { Type = "Pass", ResultPath = "$.note", Next = "Note failure", Parameters = {
      "index.$" = "$.index", "name.$" = "$.item.name", "errorType.$" = "$.execution.of.Error", "error.$" = "$.execution.of.Cause", "execution.$" = "$.execution.of.Name"
    } }
    "Stopped" = { Type = "Pass", ResultPath = "$.note", Next = "Note failure", Parameters = {
      "index.$" = "$.index", "name.$" = "$.item.name", "errorType.$" = "$.execution.of.Status", error = "The execution was ended.", "execution.$" = "$.execution.of.Name"
    } }
    "Refused" = { Type = "Pass", ResultPath = "$.note", Next = "Note failure", Parameters = {
      "index.$" = "$.index", "name.$" = "$.item.name", "errorType.$" = "$.failure.Error", "error.$" = "$.failure.Cause"
    } }
    "Note failure" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:putObject", ResultPath = null, Next = "Failed"
      Parameters = merge(local.put_result, { "Key.$" = "States.Format('{}/failed/{}.json', $.folder, $.index)", "Body.$" = "$.note" })
      Retry      = [local.retry_call]
      Catch      = [{ ErrorEquals = ["States.ALL"], ResultPath = null, Next = "Failed" }]
    }
    "Failed" = { Type = "Fail", Error = "ExportFailed", CausePath = "States.Format('{}: {}', $.note.errorType, $.note.error)" }
  }

  list_options = { Bucket = var.bucket, ExpectedBucketOwner = var.bucket_owner }

  export_all_states = {
    "Input" = { Type = "Choice", Default = "NoList", Choices = [
      { Variable = "$.event", IsPresent = true, Next = "Plan event" },
      { And = [{ Variable = "$.bucket", IsPresent = true }, { Variable = "$.key", IsPresent = true }], Next = "Defaults" },
    ] }
    "NoList" = { Type = "Fail", Error = "InvalidRequest", Cause = "The input names no list: it is {\"bucket\": …, \"key\": …} of a JSON array of events, or {\"event\": …} of a plan." }

    "Plan event" = { Type = "Pass", Result = { action = "plan", raiseOnError = true }, ResultPath = "$.fixed", Next = "Plan" }
    "Plan" = {
      Type           = "Task", Resource = "arn:${local.partition}:states:::lambda:invoke", ResultPath = "$.planned", Next = "Planned"
      TimeoutSeconds = var.function_timeout + 30
      Parameters     = { FunctionName = var.alias_arn, "Payload.$" = "States.JsonMerge($.event, $.fixed, false)" }
      ResultSelector = { "bucket.$" = "$.Payload.body.plan.bucket", "key.$" = "$.Payload.body.plan.key", "folder.$" = "$.Payload.body.plan.folder" }
      Retry          = [local.retry_lambda, { ErrorEquals = local.retryable, IntervalSeconds = 60, BackoffRate = 2, MaxAttempts = 3 }]
    }
    "Planned" = { Type = "Pass", Parameters = { "input.$" = "States.JsonMerge($, $.planned, false)" }, OutputPath = "$.input", Next = "Defaults" }

    "Defaults" = { Type = "Pass", ResultPath = "$.defaults", Next = "Prepare", Parameters = {
      route = "function", "folder.$" = "States.Format('${var.results_prefix}/{}', $$.Execution.Name)"
    } }
    "Prepare" = { Type = "Pass", Next = "Each", Parameters = {
      "list.$" = "States.JsonMerge($.defaults, $, false)", "folder.$" = "$.defaults.folder"
    } }

    "Each" = {
      Type                       = "Map", Label = "exports", MaxConcurrency = var.max_concurrency, ResultPath = "$.map", Next = "Counts"
      ToleratedFailurePercentage = 100
      ItemReader = {
        Resource     = "arn:${local.partition}:states:::s3:getObject"
        ReaderConfig = { InputType = "JSON" }
        Parameters   = { "Bucket.$" = "$.list.bucket", "Key.$" = "$.list.key" }
      }
      ItemSelector  = { "event.$" = "$$.Map.Item.Value", "index.$" = "$$.Map.Item.Index", "folder.$" = "$.folder", "route.$" = "$.list.route" }
      ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "Name", States = local.child_states }
      ResultWriter = {
        Resource = "arn:${local.partition}:states:::s3:putObject"
        # Not by the state's input, of which the documentation does not say whether it is meant here.
        Parameters = { Bucket = var.bucket, "Prefix.$" = "States.Format('${var.results_prefix}/{}/results', $$.Execution.Name)" }
      }
    }
    "Counts" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:sfn:describeMapRun", ResultPath = "$.counts", Next = "Failures"
      Parameters = { "MapRunArn.$" = "$.map.MapRunArn" }
      ResultSelector = {
        "total.$"  = "$.ItemCounts.Total", "done.$" = "$.ItemCounts.Succeeded"
        "failed.$" = "States.MathAdd($.ItemCounts.Failed, States.MathAdd($.ItemCounts.TimedOut, $.ItemCounts.Aborted))"
      }
      Retry = [local.retry_call]
    }

    "Failures" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:listObjectsV2", ResultPath = "$.failures", Next = "Any failures"
      Parameters = merge(local.list_options, { "Prefix.$" = "States.Format('{}/failed/', $.folder)", MaxKeys = 20 })
      Retry      = [local.retry_call]
    }
    "Any failures" = { Type = "Choice", Default = "No failures", Choices = [{ Variable = "$.failures.Contents", IsPresent = true, Next = "Read failures" }] }
    "No failures"  = { Type = "Pass", Result = [], ResultPath = "$.failures", Next = "No pages" }
    "Read failures" = {
      Type = "Map", ItemsPath = "$.failures.Contents", MaxConcurrency = 5, ResultPath = "$.failures", Next = "No pages"
      ItemProcessor = { ProcessorConfig = { Mode = "INLINE" }, StartAt = "Read note", States = {
        "Read note" = {
          Type           = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:getObject", Next = "Shorten"
          Parameters     = merge(local.list_options, { "Key.$" = "$.Key" })
          ResultSelector = { "note.$" = "States.StringToJson($.Body)" }
          Retry          = [local.retry_call]
        }
        # The error itself, which may be long, stays in the note.
        "Shorten" = { Type = "Pass", End = true, Parameters = {
          "name.$" = "$.note.name", "errorType.$" = "$.note.errorType", "text.$" = "States.Format('{} ({})', $.note.name, $.note.errorType)"
        } }
      } }
    }

    # Pages of 300: the description of an object takes 200 bytes and more, and a state holds 256 KiB.
    "No pages" = { Type = "Pass", Result = 0, ResultPath = "$.skipped", Next = "Skipped" }
    "Skipped" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:listObjectsV2", ResultPath = "$.page", Next = "Add"
      Parameters = merge(local.list_options, { "Prefix.$" = "States.Format('{}/skipped/', $.folder)", MaxKeys = 300 })
      Retry      = [local.retry_call]
    }
    "Add"      = { Type = "Pass", Parameters = { "n.$" = "States.MathAdd($.skipped, $.page.KeyCount)" }, ResultPath = "$.sum", Next = "Sum" }
    "Sum"      = { Type = "Pass", InputPath = "$.sum.n", ResultPath = "$.skipped", Next = "Any more" }
    "Any more" = { Type = "Choice", Default = "Summary", Choices = [{ And = [{ Variable = "$.page.IsTruncated", IsPresent = true }, { Variable = "$.page.IsTruncated", BooleanEquals = true }], Next = "More skipped" }] }
    "More skipped" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:listObjectsV2", ResultPath = "$.page", Next = "Add"
      Parameters = merge(local.list_options, { "Prefix.$" = "States.Format('{}/skipped/', $.folder)", MaxKeys = 300, "ContinuationToken.$" = "$.page.NextContinuationToken" })
      Retry      = [local.retry_call]
    }

    "Summary" = { Type = "Pass", ResultPath = "$.summary", Next = "Write summary", Parameters = {
      "list.$"   = "States.Format('s3://{}/{}', $.list.bucket, $.list.key)", "total.$" = "$.counts.total", "done.$" = "$.counts.done", "skipped.$" = "$.skipped"
      "failed.$" = "$.counts.failed", "failures.$" = "$.failures", "execution.$" = "$$.Execution.Name", "results.$" = "States.Format('s3://${var.bucket}/{}/', $.folder)"
    } }
    "Write summary" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:putObject", ResultPath = null, Next = "Verdict"
      Parameters = merge(local.put_options, { "Bucket.$" = "$.list.bucket", "Key.$" = "States.Format('{}/_summary.json', $.list.folder)", "Body.$" = "$.summary" })
      Retry      = [local.retry_call]
    }
    "Verdict" = { Type = "Choice", Default = "Failed", Choices = [{ Variable = "$.summary.failed", NumericEquals = 0, Next = "Success" }] }
    "Success" = {
      Type       = "Task", Resource = "arn:${local.partition}:states:::aws-sdk:s3:putObject", ResultPath = null, Next = "Done"
      Parameters = merge(local.put_options, { "Bucket.$" = "$.list.bucket", "Key.$" = "States.Format('{}/_SUCCESS', $.list.folder)", "Body.$" = "$.summary" })
      Retry      = [local.retry_call]
    }
    "Done" = { Type = "Succeed", OutputPath = "$.summary" }
    "Failed" = { Type = "Fail", Error = "ExportsFailed", CausePath = "States.Format('{} of {} exports failed: {} All of them: {}failed/', $.summary.failed, $.summary.total, States.JsonToString($.summary.failures[*].text), $.summary.results)"
    }
  }

  export_all_definition = jsonencode({
    Comment = "A list of exports: each an execution of ${var.name}-export"
    StartAt = "Input"
    States  = local.export_all_states
  })
}
