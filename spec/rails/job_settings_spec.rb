# frozen_string_literal: true

require "active_job"
require "global_id"
require_relative "../support/article/app"

RSpec.describe "LlmRouter::ChargeJob and SettleJob, below a parent class of the app's" do
  jobs = %i[ChargeJob SettleJob]
  let(:adapter) { ActiveJob::QueueAdapters::TestAdapter.new }

  def settings(**given)
    LlmRouter.configure { |config| given.each { |name, value| config.public_send(:"#{name}=", value) } }
  end

  def job_classes
    [LlmRouter::ChargeJob, LlmRouter::SettleJob]
  end

  def queues
    job_classes.map { |job| job.new.queue_name }
  end

  # As an app has it: with a queue, a prefix, retries, discards and callbacks of its own.
  def define_parent
    stub_const("MoneyJob", Class.new(ApplicationJob) do
      class << self
        def performed = @performed ||= []
      end
      self.queue_name_prefix = "app"
      queue_as :slow
      queue_with_priority 7
      retry_on IOError, attempts: 1
      discard_on ArgumentError
      around_perform do |job, block|
        MoneyJob.performed << job.class.name
        block.call
      end
    end)
  end

  it "are Active Job's own by default, on the queue that is its default" do
    expect(LlmRouter.config).to have_attributes(job_parent: "ActiveJob::Base", job_queue: nil)
    expect(job_classes.map(&:superclass)).to eq([ActiveJob::Base] * 2)
    expect(queues).to eq(%w[default default])
  end

  it "inherit what the parent has, be it given by name or as a class" do
    parent = define_parent
    ["MoneyJob", "::MoneyJob", parent].each do |given|
      settings(job_parent: given)
      expect(job_classes.map(&:superclass)).to eq([parent] * 2)
      expect(queues).to eq(%w[app_slow app_slow])
      expect(LlmRouter::ChargeJob.new.priority).to eq(7)
    end
  end

  it "go to the queue that is set, with the parent's prefix" do
    define_parent
    settings(job_parent: "MoneyJob", job_queue: :money)
    expect(queues).to eq(%w[app_money app_money])
    settings(job_parent: "ActiveJob::Base", job_queue: "money")
    expect(queues).to eq(%w[money money])
    settings(job_queue: nil)
    expect(queues).to eq(%w[default default])
  end

  it "keep their own retries, whatever the parent retries and discards" do
    define_parent
    GlobalID.app = "spec"
    settings(job_parent: "MoneyJob", job_queue: :money)
    LlmRouter::ChargeJob.queue_adapter = adapter
    [IOError, ArgumentError].each do |error|
      budget = Struct.new(:error) do
        def exhausted? = false
        def charge!(_cost) = raise(error)
        def to_global_id = "gid://spec/None/1"
      end.new(error)
      allow(GlobalID::Locator).to receive(:locate).and_return(budget)
      LlmRouter::ChargeJob.perform_now(budget, "0.25")
    end
    expect(adapter.enqueued_jobs.map { |job| job[:queue] }).to eq(%w[app_money app_money])
    expect(MoneyJob.performed).to eq(%w[LlmRouter::ChargeJob] * 2)
  end

  it "are found by the name that a queue has, whatever was configured since" do
    payload = LlmRouter::ChargeJob.new("budget", "0.25").serialize
    parent = define_parent
    settings(job_parent: "MoneyJob")
    expect(ActiveJob::Base.deserialize(payload)).to be_a(parent)
  end

  it "load neither Active Job nor the parent when that is configured" do
    code = <<~RUBY
      require "llm_router"
      Object.autoload(:ApplicationJob, "/nowhere")
      LlmRouter.configure { |config| config.job_parent = "ApplicationJob"; config.job_queue = "low" }
      print defined?(ActiveJob).inspect, Object.autoload?(:ApplicationJob)
    RUBY
    expect(output_of(code)).to eq("nil/nowhere")
  end

  it "are not loaded again by a configuration that leaves their settings alone" do
    before = jobs.map { |name| LlmRouter.const_get(name) }
    settings(timeout: 5)
    expect(job_classes).to eq(before)
  end

  {
    "NoSuchJob" => /job_parent is NoSuchJob, which cannot be loaded \(uninitialized constant NoSuchJob\): give a class/,
    "String" => /job_parent is String, which is no job: give a class below ActiveJob::Base/,
    "Kernel" => /job_parent is Kernel, which is no job/
  }.each do |name, why|
    it "say what is wrong when #{name} is no job" do
      settings(job_parent: name)
      expect { LlmRouter::ChargeJob }.to raise_error(LlmRouter::ConfigurationError, why)
    end
  end

  { nil => "nil", "" => '""', "application_job" => '"application_job"', "A b" => '"A b"', "A\nB" => '"A\nB"',
    :ApplicationJob => ":ApplicationJob", String => "String", Object.new => "#<Object" }.each do |value, shown|
    it "refuse #{shown} as a parent at once" do
      expect { settings(job_parent: value) }
        .to raise_error(LlmRouter::ConfigurationError, /job_parent is #{Regexp.escape(shown)}.*give a class/)
    end
  end

  ["", 5, Object].each do |value|
    it "refuse #{value.inspect} as a queue" do
      expect { settings(job_queue: value) }.to raise_error(LlmRouter::ConfigurationError, /job_queue is called/)
    end
  end
end
