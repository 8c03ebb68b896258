//! Walks through every scene.
fn main() {
    for scene in model::Scene::ALL {
        model::walk(model::Lifecycle::deeper(scene, 1));
    }
}
