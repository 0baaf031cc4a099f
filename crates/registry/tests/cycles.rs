//! Resources that depend on each other in a cycle. The result is an error that names the cycle, and never a deadlock.

use std::{sync::Arc, time::Duration};

use insta::assert_snapshot;
use system_health_registry::{Context, FromContext, Unavailable};
use tokio::{join, sync::Barrier, time::timeout};

/// Detects a deadlock. The clock is paused. It jumps to this timeout only if no task can continue.
const GUARD: Duration = Duration::from_mins(1);

/// Makes resources wait until a certain number of them are being built at the same time.
#[derive(Clone)]
struct Meeting(Arc<Barrier>);

impl Meeting {
    fn new(number: usize) -> Self {
        Self(Arc::new(Barrier::new(number)))
    }
}

impl FromContext for Meeting {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::new(1))
    }
}

/// A resource that asks for other resources after the meeting.
macro_rules! resource {
    ($name:ident needs $($needed:ident),*) => {
        #[derive(Clone, Debug)]
        struct $name;

        impl FromContext for $name {
            async fn from_context(context: &Context) -> Result<Self, Unavailable> {
                context.get::<Meeting>().await?.0.wait().await;
                $(context.get::<$needed>().await?;)*
                Ok(Self)
            }
        }
    };
}

resource!(Narcissus needs Narcissus);
resource!(Hen needs Egg);
resource!(Egg needs Hen);
resource!(Rock needs Scissors);
resource!(Scissors needs Paper);
resource!(Paper needs Rock);
resource!(Top needs Left, Right);
resource!(Left needs Bottom);
resource!(Right needs Bottom, Left);
resource!(Bottom needs);
resource!(Entrance needs Top, Rock);

async fn message<T: FromContext + std::fmt::Debug>(context: &Context) -> String {
    let result = timeout(GUARD, context.get::<T>()).await.expect("no deadlock");
    result.expect_err("a cycle is an error").to_string()
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_needs_itself_is_an_error() {
    assert_snapshot!(
        message::<Narcissus>(&Context::new()).await,
        @"resources depend on each other in a cycle: Narcissus → Narcissus"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_names_the_resources_of_the_cycle() {
    let context = Context::new();

    assert_snapshot!(
        message::<Entrance>(&context).await,
        @"resources depend on each other in a cycle: Paper → Rock → Scissors → Paper"
    );
    // All resources of the cycle have the same error, even if they are requested later.
    assert_eq!(message::<Scissors>(&context).await, message::<Entrance>(&context).await);
}

#[tokio::test(start_paused = true)]
async fn two_concurrent_requesters_of_a_cycle_do_not_deadlock() {
    let context = Context::new().provide(Meeting::new(2));

    let (hen, egg) = join!(message::<Hen>(&context), message::<Egg>(&context));

    assert_eq!(hen, egg);
    let either = ["Hen → Egg → Hen", "Egg → Hen → Egg"];
    assert!(either.iter().any(|cycle| hen.ends_with(cycle)), "{hen}");
}

#[tokio::test(start_paused = true)]
async fn three_concurrent_requesters_of_a_cycle_do_not_deadlock() {
    let context = Context::new().provide(Meeting::new(3));

    let (rock, paper, scissors) =
        join!(message::<Rock>(&context), message::<Paper>(&context), message::<Scissors>(&context));

    assert!(rock.starts_with("resources depend on each other in a cycle: "), "{rock}");
    assert_eq!((&rock, &rock), (&paper, &scissors));
}

#[tokio::test(start_paused = true)]
async fn two_paths_to_one_resource_are_not_a_cycle() {
    let context = Context::new();

    timeout(GUARD, context.get::<Top>()).await.expect("no deadlock").expect("no cycle");
}
