# frozen_string_literal: true

require "active_job"
require_relative "doctor_helper"

RSpec.describe LlmRouter::Doctor, "and jobs" do
  # An adapter of Active Job, by the name of its class.
  def adapter(name)
    kind = Class.new { define_singleton_method(:name) { "ActiveJob::QueueAdapters::#{name}" } }
    allow(LlmRouter::ChargeJob).to receive(:queue_adapter).and_return(kind.new)
  end

  describe "JobAdapter" do
    it "is green for one that keeps its jobs" do
      adapter("SidekiqAdapter")
      expect(found(:JobAdapter)).to eq([[:green, "SidekiqAdapter keeps its jobs"]])
    end

    it "is red for one whose gem is missing, whose workers are then not known" do
      allow(LlmRouter::ChargeJob).to receive(:queue_adapter).and_raise(LoadError, "cannot load such file -- resque")
      expect(found(:JobAdapter)).to match([[:red, /adapter of Active Job cannot be loaded\. Add its gem/]])
      expect(found(:Workers)).to match([[:yellow, /not known: the adapter of Active Job cannot be loaded/]])
    end

    %w[AsyncAdapter InlineAdapter TestAdapter SuckerPunchAdapter].each do |name|
      it "is red for the #{name} in production, and yellow elsewhere" do
        adapter(name)
        expect(found(:JobAdapter)).to match([[:yellow, /#{name} .*Set config.active_job.queue_adapter/]])
        production
        expect(levels(:JobAdapter)).to eq([:red])
      end
    end

    it "is yellow without Active Job" do
      hide_const("ActiveJob::Base")
      expect(found(:JobAdapter)).to match([[:yellow, /Active Job is not loaded.*Rescue/]])
      expect(found(:Workers)).to match([[:green, /no Active Job/]])
    end
  end

  describe "Workers" do
    backends = {
      "SidekiqAdapter" => lambda do |example, queues|
        example.stub_const("Sidekiq::ProcessSet", Class.new do
          define_method(:map) { |&block| queues.map { |names| block.call({ "queues" => names }) } }
        end)
      end,
      "SolidQueueAdapter" => lambda do |example, queues|
        workers = queues.map { |names| Struct.new(:metadata).new({ "queues" => names.join(",") }) }
        processes = Class.new { define_singleton_method(:where) { |**| workers } }
        example.stub_const("SolidQueue", Module.new do
          define_singleton_method(:process_alive_threshold) { Struct.new(:ago).new(Time.now) }
        end)
        example.stub_const("SolidQueue::Process", processes)
      end,
      "GoodJob::Adapter" => lambda do |example, queues|
        states = queues.map do |names|
          Struct.new(:state).new({ "schedulers" => [{ "queues" => "#{names.join(',')}:5" }] })
        end
        example.stub_const("GoodJob::Process", Class.new { define_singleton_method(:active) { states } })
      end
    }

    backends.each do |name, report|
      it "sees to which queues the workers of #{name} listen" do
        adapter(name)
        { [%w[default mailers]] => :green, [%w[low], %w[*]] => :green, [%w[low]] => :red, [%w[def*]] => :green,
          [] => :yellow }.each do |queues, level|
          report.call(self, queues)
          expect([queues, *levels(:Workers)]).to eq([queues, level])
        end
      end
    end

    it "knows what GoodJob leaves out, and its older reports" do
      queues = described_class::Queues
      expect(queues.listens?(["-default", "mice"], "default")).to be(false)
      expect(queues.listens?(["-mice"], "default")).to be(true)
      expect(queues.good_job("GoodJob::Scheduler(queues=low,default max_threads=5)")).to eq(%w[low default])
    end

    it "does not know it of Delayed Job and others, and says so" do
      stub_const("Delayed::Worker", Class.new)
      %w[DelayedJobAdapter ResqueAdapter].each do |name|
        adapter(name)
        expect(found(:Workers)).to match([[:green, /whether one listens to default is not known: \w+ does not say/]])
      end
    end

    it "is not known where the backend cannot be read" do
      adapter("SidekiqAdapter")
      stub_const("Sidekiq::ProcessSet", Class.new { def map = raise(Errno::ECONNREFUSED, "redis://:secret@host") })
      expect(found(:Workers)).to match([[:yellow,
                                         /the workers cannot be read: Errno::ECONNREFUSED\. Check the server/]])
    end
  end

  describe "Deadline" do
    def sidekiq(timeout) = stub_const("Sidekiq", Struct.new(:default_configuration).new({ timeout: timeout }))

    it "is yellow where a queue ends a job sooner" do
      configure(deadline: 60)
      sidekiq(25)
      expect(found(:Deadline)).to match([[:yellow, /a call may take 60 s, longer than Sidekiq's timeout .*\(25 s\)/]])
      sidekiq(90)
      expect(found(:Deadline)).to match([[:green, /60 s, within Sidekiq's timeout at shutdown \(90 s\)/]])
    end

    it "knows the limits of other queues" do
      hide_const("Sidekiq")
      configure(deadline: 60)
      seconds = ->(name, value) { Struct.new(name).new(value) }
      { "SolidQueue" => seconds.call(:shutdown_timeout, 5), "Delayed::Worker" => seconds.call(:max_run_time, 30),
        "GoodJob" => seconds.call(:configuration, seconds.call(:shutdown_timeout, 25)),
        "Aws::ActiveJob::SQS" => seconds.call(:config, seconds.call(:visibility_timeout, 30)) }.each do |name, setting|
        stub_const(name, setting)
        expect(levels(:Deadline)).to eq([:yellow]), name
        hide_const(name)
      end
      stub_const("GoodJob", seconds.call(:configuration, seconds.call(:shutdown_timeout, -1)))
      expect(found(:Deadline)).to match([[:green, /nothing says how long/]])
    end

    it "is yellow without a deadline" do
      configure(deadline: nil)
      sidekiq(25)
      expect(found(:Deadline)).to match([[:yellow, /a call has none.*Set config.deadline/]])
    end
  end

  describe "Pool" do
    def pooled(size, threads, **settings)
      hide_const("Sidekiq")
      configure(**settings)
      stub_const("ActiveRecord::Base", Struct.new(:connection_pool).new(instance_double(Queue, size: size)))
      stub_const("ENV", ENV.to_h.merge("RAILS_MAX_THREADS" => threads))
      found(:Pool)
    end

    it "is yellow with fewer connections than threads" do
      expect(pooled(5, "5")).to match([[:green, /5 connections for 5 threads \(RAILS_MAX_THREADS\)/]])
      expect(pooled(5, "16")).to match([[:yellow, /5 connections for 16 threads.*config.release_connections = true/]])
      expect(texts(:Pool, configure(release_connections: true)).first).not_to include("release_connections")
      expect(pooled(5, nil)).to match([[:green, /nothing says how many threads/]])
    end

    it "counts Sidekiq's threads" do
      pooled(5, "3")
      stub_const("Sidekiq", Struct.new(:default_configuration).new(Struct.new(:concurrency).new(10)))
      expect(found(:Pool)).to match([[:yellow, /5 connections for 10 threads \(Sidekiq's concurrency\)/]])
    end
  end
end
